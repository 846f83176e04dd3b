import pytest

from bot.domain.queue import ServerInfo
from bot.invokeai.socket.events import Connected, Disconnected
from bot.watching.link import Link

LEARNT = ServerInfo("box", "http://box", "6.14.2")


@pytest.mark.parametrize(
    ("before", "connected", "learnt"),
    [
        (Link.NEVER, Link.UP, Link.NEVER),
        (Link.UP, Link.UP, Link.UP),
        (Link.DOWN, Link.BACK, Link.DOWN),
        (Link.BACK, Link.BACK, Link.UP),
    ],
)
def test_only_a_socket_that_was_lost_is_back_and_only_until_the_server_is_learnt(
    before: Link, connected: Link, learnt: Link
) -> None:
    assert before.after(Connected()) is connected
    assert before.after(LEARNT) is learnt
    assert before.after(Disconnected("gone")) is Link.DOWN
