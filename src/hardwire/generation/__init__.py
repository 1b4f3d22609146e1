"""Programs that write text: under the causal mask, the value at the last position is the next token.

program       `hw.generate`: a program writes, one token at a time
theorem       `hw.certify_text`: the certificate of a model, as a statement about whole texts
endings       proofs that texts end, whatever the tokens of a prompt are
comparison    `hw.verify_text`: the texts of a model and its program side by side
"""

from __future__ import annotations

from .comparison import TextVerification, verify_text
from .program import ProgramGeneration, generate
from .theorem import TextCertificate, certify_text

__all__ = ["ProgramGeneration", "TextCertificate", "TextVerification", "certify_text", "generate", "verify_text"]
