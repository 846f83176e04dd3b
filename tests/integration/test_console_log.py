"""Foreign words in the console log: nothing steers the terminal, nothing passes for a line of its own."""

import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys
import structlog
from bot.telemetry.logs import configure_logging

configure_logging("INFO", sys.argv[1])
hostile = "6.14\\x1b]0;title\\x07\\x9b2J\\u202e\\n2026-11-28 [info     ] forged\\r\\x1b[31mred"
log = structlog.get_logger("bot.test")
log.info("invokeai_connected", version=hostile, faults=[hostile])
logging.getLogger("library").warning("said %s", hostile)
try:
    raise ValueError(hostile)
except ValueError:
    log.exception("service_failed")
"""


@pytest.mark.parametrize("kind", ["console", "json"])
def test_foreign_words_in_the_log_neither_steer_a_terminal_nor_forge_a_line(kind: str) -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM, kind], capture_output=True, check=True)
    said = ended.stderr.decode()
    assert [c for c in said if not c.isprintable() and c != "\n"] == []
    assert said.count("forged") >= 4
    assert [line for line in said.splitlines() if line.startswith("2026-11-28 [info")] == []
    assert "Traceback (most recent call last)" in said
    assert "ValueError: 6.14" in said
