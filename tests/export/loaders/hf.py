import os

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}

import torch
import transformers
from common import main, read
from transformers import AutoModelForCausalLM, AutoModelForTokenClassification, AutoTokenizer, pipeline


def run(job):
    if job.get("expect"):
        assert transformers.__version__.startswith(job["expect"]), transformers.__version__
    tokenizer = AutoTokenizer.from_pretrained(job["path"])
    do = job.get("do", "logits")
    auto = AutoModelForCausalLM if do == "generate" else AutoModelForTokenClassification
    kind = {"attn_implementation": job["attention"]} if job.get("attention") else {}
    dtype = {"dtype" if transformers.__version__ >= "5" else "torch_dtype": getattr(torch, job.get("dtype", "float32"))}
    model, loading = auto.from_pretrained(job["path"], output_loading_info=True, **kind, **dtype)
    assert not loading["missing_keys"], loading
    assert not loading["unexpected_keys"], loading
    model.eval()
    if do == "pipeline":
        label = pipeline("token-classification", model=model, tokenizer=tokenizer)
        return [[x["entity"] for x in found] for found in label(job["texts"], batch_size=4)]
    if do == "generate":
        found = []
        for start in range(0, len(job["texts"]), 250):
            batch = tokenizer(job["texts"][start : start + 250], return_tensors="pt", padding=True)
            out = model.generate(**batch, max_new_tokens=job.get("max_new", 40), use_cache=job.get("cache", True))
            found += tokenizer.batch_decode(out, skip_special_tokens=True)
        return found
    tokenizer.padding_side = job.get("padding", "right")
    rows = [[1] + words for words in job["words"]]
    batch = tokenizer(job["words"], is_split_into_words=True, return_tensors="pt", padding=True)
    assert batch["attention_mask"].sum(1).tolist() == [len(row) for row in rows]
    with torch.no_grad():
        logits = model(**batch).logits
    if tokenizer.padding_side == "left":
        logits = [x[len(x) - len(row) :] for x, row in zip(logits, rows, strict=True)]
    return read(logits, rows)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(run)
