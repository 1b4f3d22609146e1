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
    if job.get("do") == "generate":
        return [text for some in batches(job["ids"]) for text in written(session, some, job["next"], job["max_new"])]
    ids, mask = (np.array(x, np.int64) for x in padded(job["ids"]))
    logits, *patterns = session.run(None, {"input_ids": ids, "attention_mask": mask})
    for pattern in patterns:
        sums = pattern.sum(-1)
        assert np.abs(sums - 1).max() < 1e-4
    return read(logits, job["ids"])


def batches(rows, size=250):
    return (rows[i : i + size] for i in range(0, len(rows), size))


def written(session, rows, following, max_new):
    """The new ids after each prompt, by greedy decoding with a cache; following: the id of each output, -1 to stop."""
    longest = max(map(len, rows))
    ids = np.array([[0] * (longest - len(row)) + row for row in rows], np.int64)
    mask = np.array([[0] * (longest - len(row)) + [1] * len(row) for row in rows], np.int64)
    past = {}
    for x in session.get_inputs()[2:]:
        past[x.name] = np.zeros((len(rows), x.shape[1], 0, x.shape[3]), np.float32)
    names = ["logits", *(name.replace("past_key_values", "present") for name in past)]
    texts, going = [[] for _ in rows], list(range(len(rows)))
    for _ in range(max_new):
        logits, *present = session.run(names, {"input_ids": ids, "attention_mask": mask, **past})
        best = [following[i] for i in logits[:, -1].argmax(-1)]
        kept = [i for i, new in enumerate(best) if new >= 0]
        for i in kept:
            texts[going[i]].append(best[i])
        if not kept:
            break
        going, ids = [going[i] for i in kept], np.array([[best[i]] for i in kept], np.int64)
        mask = np.hstack([mask[kept], np.ones((len(kept), 1), np.int64)])
        past = dict(zip(past, (x[kept] for x in present), strict=True))
    return texts


if __name__ == "__main__":
    main(run)
