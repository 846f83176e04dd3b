"""Each command of README and docs is run by a test or by the gate, or it is said why not."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# A pattern for the command, and the file whose run is the proof, with words of it.
RUN: dict[str, tuple[str, str]] = {
    r"make demo": ("tests/acceptance/test_check_and_demo.py", '"demo"'),
    r"make (test|test-[a-z]+|audit)": (".ci/run", "make"),
    r"(sudo )?(\S*/)?(venv\\Scripts\\)?pip install (--upgrade )?\.": (
        "tests/packaging/test_wheel.py",
        '"pip", "install"',
    ),
    r"(sudo )?(\S*/)?(venv\\Scripts\\)?invokeai-discord setup": ("tests/acceptance/test_setup.py", '"setup"'),
    r".*invokeai-discord setup --file \S+": ("tests/acceptance/test_setup.py", '"--file"'),
    r"invokeai-discord run": ("tests/acceptance/test_main_job.py", "bot"),
    r"(sudo )?(python3|py) -m venv \S+": ("tests/packaging/test_wheel.py", '"venv"'),
    r"\.venv/bin/pytest .*": (".ci/run", "make"),
    r"POSTGRESQL_BIN=\S+ \.venv/bin/pytest .*": ("tests/integration/postgresql_servers.py", "POSTGRESQL_BIN"),
    r"CHAOS_SEED=\d+ \.venv/bin/pytest .*": ("tests/chaos/test_crashes.py", "CHAOS_SEED"),
}
# What no machine of ours can run, and why.
NOT_RUN: dict[str, str] = {
    r"make test-real-model": "installs 2.2 GB and draws for minutes; run by hand before a release",
    r"docker compose .*": "needs a Docker engine; the Dockerfile's own steps are run by tests/packaging",
    r"(sudo )?(systemctl|journalctl) .*": "needs systemd as the first process",
    r"sudo (mkdir|cp) .*": "writes outside of the checkout",
    r"cp \.env\.example \.env && chmod 600 \.env": "the shell's own",
    r"(sudo )?sqlite3 .*": "SQLite's own program, which is not on every machine",
}


def commands() -> list[str]:
    found: list[str] = []
    for page in PAGES:
        for block in re.findall(r"```(?:sh|bat)\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            lines = (line.partition(" #")[0].strip() for line in block.splitlines())
            found += [line for line in lines if line]
    return sorted(set(found))


@pytest.mark.parametrize("command", commands())
def test_a_documented_command_is_run_by_a_test(command: str) -> None:
    if any(re.fullmatch(pattern, command) for pattern in NOT_RUN):
        return
    proofs = [proof for pattern, proof in RUN.items() if re.fullmatch(pattern, command)]
    assert proofs, f"no test runs {command!r}"
    for file, words in proofs:
        assert words in (ROOT / file).read_text("utf-8")


def test_there_are_commands_at_all() -> None:
    assert {"make demo", "make test"} <= set(commands())
