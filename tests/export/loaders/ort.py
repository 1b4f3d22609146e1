import json

import numpy as np
import onnxruntime
from common import main, padded, read


def run(job):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, job["level"])
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(job["path"], options, providers=["CPUExecutionProvider"])
    described = session.get_modelmeta().custom_metadata_map
    assert json.loads(described["max_len"]) == job["max_len"]
    assert len(json.loads(described["vocabulary"])) == job["tokens"]
    ids, mask = (np.array(x, np.int64) for x in padded(job["ids"]))
    logits, *patterns = session.run(None, {"input_ids": ids, "attention_mask": mask})
    for pattern in patterns:
        sums = pattern.sum(-1)
        assert np.abs(sums - 1).max() < 1e-4
    return read(logits, job["ids"])


if __name__ == "__main__":
    main(run)
