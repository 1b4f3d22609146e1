"""What the loaders share. A loader is a process of its own that imports no hardwire: only the tool an export is for.

It reads a job from standard input, JSON: a list of {name, path, words, ids, ...}; words and ids are the same inputs,
as texts of tokens and as ids with BOS first. It prints {name: the answers, or an error}: for each input one index of
an output (or a number) a token, and null where that is nan.
"""

import json
import sys


def padded(rows, pad=0):
    longest = max(map(len, rows))
    ids = [row + [pad] * (longest - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
    return ids, mask


def read(logits, rows):
    """Answers from logits, (inputs, positions, outputs), without BOS and padding."""
    out = []
    for x, row in zip(logits, rows, strict=True):
        x = x[1 : len(row)]
        best = x[:, 0].tolist() if x.shape[-1] == 1 else x.argmax(-1).tolist()
        bad = (x != x).any(-1).tolist()
        out.append([None if b else v for b, v in zip(bad, best, strict=True)])
    return out


def main(run):
    """Prints what `run(job)` gives for every job."""
    found = {}
    for job in json.load(sys.stdin):
        try:
            found[job["name"]] = run(job)
        except Exception as error:
            found[job["name"]] = f"{type(error).__name__}: {error}"
    print("\n" + json.dumps(found))
