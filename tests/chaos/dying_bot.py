"""Bears bots: forks a child for each life, which is `run` from its beginning.

A line of JSON at the socket is one life: `environment`, `folder`, `log`, `point`, `passes`,
`nature`. Two lines answer it: the child's pid at its birth, its exit status when it is dead.
"""

import json
import os
import socket
import sys
from typing import Any

from deaths import put_into

from bot.__main__ import main

OURS = ("DISCORD_", "INVOKEAI_", "BOT_")


def live(life: dict[str, Any]) -> None:
    """In the child; does not come back."""
    log = os.open(life["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, place in ((0, nothing), (1, nothing), (2, log)):
        os.dup2(place, number)
    os.chdir(life["folder"])
    os.environ.update(life["environment"])
    sys.argv = ["invokeai-discord", "run"]
    put_into(life["point"], life["passes"], life["nature"])
    try:
        main()
    except SystemExit as end:
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)
    os._exit(0)


def bear(calls: socket.socket) -> None:
    """Until the other end is closed."""
    for name in [name for name in os.environ if name.upper().startswith(OURS)]:
        del os.environ[name]
    with calls.makefile("r", encoding="utf-8") as asked:
        for line in asked:
            pid = os.fork()
            if pid == 0:
                os.close(calls.fileno())
                live(json.loads(line))
            calls.sendall(f"{pid}\n".encode())
            _, status = os.waitpid(pid, 0)
            calls.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
