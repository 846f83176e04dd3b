"""How InvokeAI's socket stands."""

from enum import Enum, auto

from bot.domain.queue import ServerInfo
from bot.invokeai.socket.events import Connected, Disconnected


class Link(Enum):
    """What the socket was last heard to be."""

    NEVER = auto()
    """It has not stood yet."""
    UP = auto()
    DOWN = auto()
    BACK = auto()
    """It stands again, perhaps at another version: what the server can do is still to be learnt anew."""

    def after(self, event: Connected | Disconnected | ServerInfo) -> "Link":
        """`ServerInfo`: what the server can do was learnt."""
        match event:
            case Disconnected():
                return Link.DOWN
            case Connected():
                return Link.BACK if self in {Link.DOWN, Link.BACK} else Link.UP
            case ServerInfo():
                return Link.UP if self is Link.BACK else self
