"""What is tested is the code beside the tests, whichever checkout the virtual environment was made for."""

import subprocess
import sys
from pathlib import Path

import bot
import cogs
import sandbox

ROOT = Path(__file__).parents[2]
PROGRAM = "import bot, cogs, sandbox\nprint(bot.__file__, cogs.__file__, sandbox.__file__, sep='\\n')"
PACKAGES = [str(ROOT / name / "__init__.py") for name in ("bot", "cogs", "sandbox")]


def test_the_packages_are_those_beside_the_tests() -> None:
    assert [bot.__file__, cogs.__file__, sandbox.__file__] == PACKAGES


def test_a_child_process_has_the_packages_beside_the_tests(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.splitlines() == PACKAGES
