"""The figures of the whole run, and how many kills it must have had."""

import pytest
from store_databases import postgresql_server
from tally import FIGURES

__all__ = ["postgresql_server"]

MIN_KILLS = 300
"""In a whole `make test-chaos`: so many the promise was tried with."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FIGURES.kills:
        terminalreporter.section("chaos")
        terminalreporter.line(str(FIGURES))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A whole run fails where it had too few kills to mean anything."""
    config = session.config
    whole = config.args == ["tests/chaos"] and not config.option.keyword
    if whole and config.option.markexpr == "chaos" and FIGURES.kills < MIN_KILLS:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
