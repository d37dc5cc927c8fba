"""What every test module needs: hypothesis without a clock (in CI always with the same examples), no configuration."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
os.environ["LOGSCAN_CONFIG"] = os.devnull  # this machine's settings are not the tests'


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests against real servers in one process, as they share the machine's network and package folders.

    Those of the web page, too: one browser is enough.
    """
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("browser"))
        if "integration" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("servers"))
