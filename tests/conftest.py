"""What all tests share. This folder is on the path of tests: `import oracle`, `import generate`."""

from hypothesis import HealthCheck, settings

settings.register_profile("hardwire", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("hardwire")
