import os

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}

from common import main

import datasets


def run(job):
    found = datasets.load_dataset(**job["arguments"], split="train", cache_dir=job["cache"])
    return [{name: row[name] for name in job["columns"]} for row in found]


if __name__ == "__main__":
    main(run)
