"""A service that keeps dying ends the program, as Docker and systemd see it."""

import subprocess
import sys

PROGRAM = """
import asyncio
import sys

from bot.__main__ import cli, main
from bot.supervisor import Service, Supervisor
from bot.telemetry.logs import configure_logging


async def falls():
    raise ZeroDivisionError("a bug")


async def no_sleep(seconds):
    print("waits", seconds)


@cli.command()
def fall():
    configure_logging("INFO", "json")
    asyncio.run(Supervisor([Service("watcher", falls)], sleep=no_sleep, monotonic=lambda: 0.0).run())


sys.argv = ["invokeai-discord", "fall"]
main()
"""


def test_the_program_ends_with_exit_1_and_a_sentence_after_growing_pauses() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert [float(line.split()[1]) for line in ended.stdout.splitlines()] == [1, 2, 4, 8, 16, 32, 60]
    lines = ended.stderr.splitlines()
    assert lines[-1] == "The service watcher failed 8 times in a row; see the log."
    assert len(lines) == 9
    assert all('"service_failed"' in line and "ZeroDivisionError: a bug" in line for line in lines[:-1])
