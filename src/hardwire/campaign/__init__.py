"""Campaigns: random programs by the thousand, each compiled, certified and attacked; every finding is shrunk.

programs    the program of a seed, with everything else drawn too; values has the values and functions of users
attacking   the same weights in other arithmetic, and moved, against the interpreter
mutants     models made wrong, none of which may get a certificate
examining   one program: its result, whatever goes wrong
chunks      many of them, on processes of one machine or on a Ray cluster
store       what is finished, so that a campaign goes on after a kill
shrinking   the smallest program with the same defect
summary     figures, which add up over several campaigns; reporting writes them
"""

from __future__ import annotations

from .chunks import on_processes, on_ray
from .reporting import report
from .running import finish, run
from .settings import CampaignSettings, SeedResult
from .shrinking import rebuilt_case as program
from .summary import CampaignSummary

__all__ = [
    "CampaignSettings",
    "CampaignSummary",
    "SeedResult",
    "finish",
    "on_processes",
    "on_ray",
    "program",
    "report",
    "run",
]
