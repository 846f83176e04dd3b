"""For all tests: examples of a property, what coverage measures, and the order in which files run."""

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
import structlog
from hypothesis import HealthCheck, is_hypothesis_test, settings

BUSY = [HealthCheck.too_slow]
"""A machine that is busy is no fault of a property."""
settings.register_profile("quick", max_examples=25, deadline=None, suppress_health_check=BUSY)
settings.register_profile("thorough", max_examples=60, deadline=None, suppress_health_check=BUSY)
settings.load_profile("quick")

TESTS = Path(__file__).parent
UNMEASURED = {TESTS / "acceptance", TESTS / "sandbox"}
"""Their bot, where they have one, is a process of its own, which is measured."""


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A test that sets logging up leaves no logger to the next one that could not be listened to."""
    yield
    structlog.reset_defaults()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Coverage more than doubles a property's time, and what only chance reaches should not count.

    Where several processes share the tests, files that compute and files that wait are mixed, so that
    neither all wait nor all compute at one time.
    """
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)) or not UNMEASURED.isdisjoint(item.path.parents):
            item.add_marker("no_cover")
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: crc32(item.path.name.encode()))
