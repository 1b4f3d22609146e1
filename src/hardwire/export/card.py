"""The README.md of a Hugging Face directory."""

from __future__ import annotations

import random

from ..lang.text import constant
from ..model.inputs import vocabulary
from ..model.transformer import Transformer
from .report import KERNEL, SCALED, Exported, certificate, length, precision, program
from .tokenizer import Tokenizer

LANGUAGE_MODELS = ("GPT2LMHeadModel", "LlamaForCausalLM")


def huggingface(
    model: Transformer, tokenizer: Tokenizer, labels: tuple[str, ...], stock: str, norms: str, done: Exported
) -> str:
    """Return the model card: the program, the use of the model, and the certificate with its limits."""
    parts = [SCALED, *([norms] if norms else []), KERNEL]
    language = stock in LANGUAGE_MODELS
    labels = tuple(dict.fromkeys(labels)) if not language else tokenizer.names + ("the end of the text",)
    shown = ", ".join(labels[:20]) + (f", … {len(labels) - 20:,} more" if len(labels) > 20 else "")
    lines = [
        "---",
        "library_name: transformers",
        f"pipeline_tag: {'text-generation' if 'LMHead' in stock else 'token-classification'}",
        "tags: [hardwire, compiled, interpretability]",
        "---",
        "",
        "# A compiled transformer",
        "",
        "Its weights were not trained. They were compiled from this program:",
        "",
        "```",
        program(model) or "(the program was not kept)",
        "```",
        "",
        "## How to use it",
        "",
        *_example(model, tokenizer, stock),
        "",
        "## What to know",
        "",
        f"- {length(model)} A longer one is an error.",
        f"- The vocabulary is {vocabulary(model.vocab)}. A token that is not in it is an error.",
        f"- Answers: {shown}." if model.outputs is not None else f"- {_number(model)}",
        f'- {precision(model)} `from_pretrained(..., dtype="{model.dtype}")` asks for that. In lower precision',
        "  every logit is nan, because of a guard neuron.",
        *(f"- {note}" for note in done.notes),
        "- The tokenizer adds BOS at the start; the answer at BOS has no meaning.",
        "",
        "## How exact it is",
        "",
        certificate(model),
        "",
        "In this architecture the arithmetic differs from the certified one:",
        "",
        *(f"- {part}" for part in parts),
        "",
        f"This directory was {done.check}.",
        "",
    ]
    return "\n".join(lines)


def _number(model: Transformer) -> str:
    how = "rounded to the nearest int" if model.whole else f"within {model.tolerance:.1g} of the program's value"
    return f"The answer is a number, the only logit, {how}. A pipeline hides it: read `.logits`."


def _example(model: Transformer, tokenizer: Tokenizer, stock: str) -> list[str]:
    chosen = random.Random(0).choices(tokenizer.names, k=min(5, model.max_len or 5)) if tokenizer.names else []
    text = constant((" " if tokenizer.spaced else "").join(chosen), 200)
    language = stock in LANGUAGE_MODELS
    auto = "AutoModelForCausalLM" if language else "AutoModelForTokenClassification"
    load = [
        "```python",
        f"from transformers import {auto}, AutoTokenizer, pipeline",
        f'model, tokenizer = {auto}.from_pretrained("."), AutoTokenizer.from_pretrained(".")',
    ]
    if language:
        use = [f'print(pipeline("text-generation", model=model, tokenizer=tokenizer)({text}))']
    elif model.outputs is None:
        use = [f'print(model(**tokenizer({text}, return_tensors="pt")).logits[0, 1:, 0].tolist())']
    else:
        use = [
            'label = pipeline("token-classification", model=model, tokenizer=tokenizer)',
            f'print([token["entity"] for token in label({text})])',
        ]
    return [*load, *use, "```"]
