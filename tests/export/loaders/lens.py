import importlib
import sys
from pathlib import Path

import torch
from common import main, padded, read


def run(job):
    path = Path(job["path"])
    sys.path.insert(0, str(path.parent))
    module = importlib.import_module(path.stem)
    bridge = module.load()
    ids, mask = (torch.tensor(x) for x in padded(job["ids"]))
    with torch.no_grad():
        logits = bridge(ids, attention_mask=mask)
        _, cache = bridge.run_with_cache(ids[:1, : int(mask[0].sum())])
    names = set(cache.keys())
    assert {hook for hook, *_ in module.HOOKS} <= names, {hook for hook, *_ in module.HOOKS} - names
    return read(logits, job["ids"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(run)
