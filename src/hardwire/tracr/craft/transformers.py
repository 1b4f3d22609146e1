"""Part of Tracr's own construction, which hardwire does not have: every name raises NoInternalsError."""

from ..absent import absent

__getattr__ = absent(__name__)
