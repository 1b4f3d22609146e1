import importlib
import sys
from pathlib import Path

import torch
from common import main, padded, read


def run(job):
    path = Path(job["path"])
    sys.path.insert(0, str(path.parent))
    model = importlib.import_module(path.stem).load()
    ids, mask = (torch.tensor(x) for x in padded(job["ids"]))
    if job.get("do") == "compile":
        model = torch.compile(model, fullgraph=True, backend=job["backend"])
    with torch.no_grad():
        logits = model(ids, mask)
    if job.get("do") is None:
        again, patterns = model(ids, mask, attention=True)
        assert torch.equal(again, logits)
        assert all((p.sum(-1) - 1).abs().max() < 1e-4 for p in patterns if p.numel())
    return read(logits, job["ids"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(run)
