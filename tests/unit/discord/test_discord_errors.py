"""Which error of ours an answer of Discord, or of what stands before it, becomes."""

from unittest.mock import Mock

import discord
import pytest

from bot.discord.errors import no_more_edits, translated
from bot.errors import (
    BotError,
    ChannelUnusable,
    DeliveryDelayed,
    DeliveryRejected,
    DeliveryTimedOut,
    MessageGone,
    TokenRefused,
)

PAGE = "<html>an error</html>"


def ours(status: int, body: str | dict[str, object]) -> BotError:
    client = Mock(spec=discord.Client)
    client.get_channel.return_value = None
    with pytest.raises(BotError) as caught, translated(client, 42):
        raise discord.HTTPException(Mock(status=status, reason="no"), body)
    return caught.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 407, 408, 429, 431, 500, 503])
def test_a_bare_page_is_not_discord_s_word_and_only_delays(status: int) -> None:
    assert isinstance(ours(status, PAGE), DeliveryDelayed)


def test_a_408_is_a_message_that_came_too_slowly() -> None:
    assert isinstance(ours(408, PAGE), DeliveryTimedOut)
    assert not isinstance(ours(503, PAGE), DeliveryTimedOut)


def test_discord_s_own_words_refuse_a_token_a_message_or_a_channel() -> None:
    assert isinstance(ours(401, {"message": "401: Unauthorized", "code": 0}), TokenRefused)
    assert isinstance(ours(400, {"message": "Invalid Form Body", "code": 50035}), DeliveryRejected)
    assert isinstance(ours(403, {"message": "Missing Access", "code": 50001}), ChannelUnusable)


@pytest.mark.parametrize("code", [50001, 50008, 50024, 50083, 160005])
def test_a_refusal_of_the_channel_is_not_taken_for_the_message_s_fault(code: int) -> None:
    assert isinstance(ours(400, {"message": "no", "code": code}), ChannelUnusable)


def test_a_message_in_an_archived_thread_takes_no_edit_and_so_a_new_one_is_posted() -> None:
    refusal = discord.HTTPException(
        Mock(status=400, reason="no"), {"message": "Thread is archived", "code": 50083}
    )
    client = Mock(spec=discord.Client)
    with pytest.raises(MessageGone), translated(client, 42), no_more_edits():
        raise refusal


def test_a_closed_session_only_delays_and_another_error_of_that_kind_is_none_of_discord_s() -> None:
    client = Mock(spec=discord.Client)
    with pytest.raises(DeliveryDelayed), translated(client, 42):
        raise RuntimeError("Session is closed")
    with pytest.raises(RuntimeError), translated(client, 42):
        raise RuntimeError("a bug")
