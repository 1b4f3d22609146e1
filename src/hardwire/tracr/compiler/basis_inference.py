"""Part of Tracr's own construction, which hardwire does not have: its names raise NoInternalsError."""

from ..absent import absent

__getattr__ = absent(__name__, "infer_bases", "InvalidValueSetError")
