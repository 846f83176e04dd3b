"""Which error of ours an answer of Discord, or of what stands before it, becomes."""

from unittest.mock import Mock

import discord
import pytest

from bot.discord.errors import translated
from bot.errors import BotError, ChannelUnusable, DeliveryDelayed, DeliveryRejected, TokenRefused

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


def test_discord_s_own_words_refuse_a_token_a_message_or_a_channel() -> None:
    assert isinstance(ours(401, {"message": "401: Unauthorized", "code": 0}), TokenRefused)
    assert isinstance(ours(400, {"message": "Invalid Form Body", "code": 50035}), DeliveryRejected)
    assert isinstance(ours(403, {"message": "Missing Access", "code": 50001}), ChannelUnusable)
