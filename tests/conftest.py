"""What all tests share. This folder is on the path of tests: `import oracle`, `import wild`."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("hardwire", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("hardwire")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the nightly tests out, unless `-m` says what to run; gives examples of recipes the names they use."""
    for item in items:
        if isinstance(item, pytest.DoctestItem) and {"recipes", "constructions"} & {*item.path.parts} and item.dtest:
            from hardwire import recipes

            known = {name: getattr(recipes, name) for name in recipes.__all__}
            item.dtest.globs = {**known, "np": np, **item.dtest.globs}
    if config.option.markexpr:
        return
    nightly = [item for item in items if item.get_closest_marker("nightly")]
    if nightly:
        config.hook.pytest_deselected(items=nightly)
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]
