"""What a campaign does with each program, and what comes of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..errors import BuildError

Edit = tuple[Any, ...]
"""A step of shrinking: the name of a change and its arguments, all of them values of JSON."""


@dataclass(frozen=True)
class CampaignSettings:
    """Limits of a program, and how much it is attacked.

    seconds, memory: how many seconds of processor time and gigabytes one program may take, for its model, its proof and
    all attacks; inputs: how many are tried, all where there are not more; few: in orders of summation of their own;
    mutants: of each certified model; torch: whether PyTorch computes the answers too, where it is installed.
    """

    seconds: float = 30.0
    memory: float = 1.0
    inputs: int = 200
    few: int = 24
    mutants: int = 2
    torch: bool = True

    def __post_init__(self) -> None:
        """Raises BuildError for limits that are not positive and for counts below 0."""
        for name, least in (("seconds", 1e-3), ("memory", 1e-3), ("inputs", 1), ("few", 1), ("mutants", 0)):
            if not getattr(self, name) >= least:
                raise BuildError(f"{name} is at least {least:g}, not {getattr(self, name)!r}")
        if not isinstance(self.torch, bool):
            raise BuildError(f"torch is True or False, not {self.torch!r}", value=self.torch)

    def json(self) -> dict[str, Any]:
        """As values of JSON."""
        return asdict(self)


CERTIFIED, REFUSED, FINDING = "certified", "refused", "finding"
"""What can come of a program. A refused one has no certificate and says why; a finding is a defect of hardwire."""


@dataclass(frozen=True)
class SeedResult:
    """What came of one seed.

    kind: the family of the program; outcome: certified, refused or finding; why: the error of a refusal, or what was
    found, in words; where: what makes two findings the same; seconds: of processor time; megabytes: the most memory
    beyond that at the start, where the system says; answers: how many were compared with the interpreter's, in all
    ways; mutants: how many had a wrong answer, all of which were refused a certificate; tags: what the program has.
    """

    seed: int
    kind: str
    outcome: str
    why: str = ""
    where: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0
    answers: int = 0
    mutants: int = 0
    depth: int = 0
    tags: tuple[str, ...] = field(default=())

    def json(self) -> dict[str, Any]:
        """As values of JSON, without those that are as by default."""
        plain = {f.name: f.default for f in fields(self)}
        return {k: v for k, v in asdict(self).items() if v != plain[k]}

    @classmethod
    def of(cls, found: dict[str, Any]) -> SeedResult:
        """From values of JSON."""
        return cls(**{**found, "tags": tuple(found.get("tags", ()))})
