"""Which InvokeAI is meant, as custom ids. `custom_ids` has the others.

server:<part>:<command>     a menu of servers for the command of that interaction
"""

import re
from dataclasses import dataclass

_SERVER = re.compile(r"server:(?P<part>[0-9]{1,2}):(?P<command>[1-9][0-9]{0,19})")


@dataclass(frozen=True, slots=True)
class ServerMenu:
    """What is picked is a server's name."""

    command_id: int
    part: int = 0


def written(menu: ServerMenu) -> str:
    return f"server:{menu.part}:{menu.command_id}"


def read(custom_id: str) -> ServerMenu | None:
    found = _SERVER.fullmatch(custom_id)
    return ServerMenu(int(found["command"]), int(found["part"])) if found else None
