"""The command line is quick to say what it can."""

import subprocess
import sys

import pytest

HEAVY = {"discord", "sqlalchemy", "aiohttp", "pydantic_settings", "PIL", "alembic"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["setup", "--help"], ["outbox", "--help"]])
def test_help_imports_nothing_that_takes_long(arguments: list[str]) -> None:
    script = f"""
import sys
from bot.__main__ import cli
try:
    cli({arguments!r})
finally:
    print("imported:", sorted({HEAVY!r} & set(sys.modules)))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "imported: []"
