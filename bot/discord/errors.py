"""What Discord refuses, and why: its errors become ours."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

import aiohttp
import discord

from bot.errors import (
    ChannelUnusable,
    DeliveryDelayed,
    DeliveryError,
    DeliveryRejected,
    DeliveryTimedOut,
    DeliveryTooLarge,
    MessageGone,
    ThreadArchived,
    TokenRefused,
)

NOTICE_PERMISSIONS = discord.Permissions(
    view_channel=True, send_messages=True, embed_links=True, attach_files=True, read_message_history=True
)
THREAD_PERMISSIONS = NOTICE_PERMISSIONS & ~discord.Permissions(send_messages=True) | discord.Permissions(
    send_messages_in_threads=True
)
"""A forum's post is a thread."""
TOO_LARGE = 40005
"""Discord's code for a request entity that is too large."""
NO_TOKEN = "401: Unauthorized"  # noqa: S105 - Discord's words for a token that it does not take
SESSION_CLOSED = "Session is closed"
"""What aiohttp says while the client starts anew or stops."""
UNKNOWN_CHANNEL = 10003
THREAD_ARCHIVED = 50083
THREAD_CLOSED = frozenset({THREAD_ARCHIVED, 160005})
"""Discord's codes for a thread that is archived, or locked."""
NO_ANSWER = THREAD_CLOSED | {10062, 50007}
"""Discord's codes for an answer that is too late, whose thread is closed, or for a person who takes no direct
messages."""
UNANSWERED = (discord.HTTPException, aiohttp.ClientError, OSError)
"""What an answer that does not get through ends with."""
NO_EDIT = frozenset({10008, 30046})
"""Discord's codes for a message that is gone, and for one of over an hour that was edited too often since."""
NO_CHANNEL = frozenset({50001, 50008, 50024, THREAD_ARCHIVED, 160005})
"""Discord's codes, of whatever status, for a channel that keeps us out, that holds no messages, or that is a
closed thread."""
BLOCKED = frozenset({200000, 200001, 240000})
"""Discord's codes for words that its automatic moderation or its filter of links does not let pass."""


def answer_in(error: BaseException) -> discord.HTTPException | None:
    """Discord's answer, or that of something before it, which discord.py may have wrapped."""
    for each in (error, error.__cause__):
        if isinstance(each, discord.HTTPException):
            return each
    return None


def why_away(error: BaseException) -> str:
    """Why Discord can't be used now, as a sentence."""
    answer = answer_in(error)
    if answer is not None:
        return f"Discord, or something before it, answered {answer.status}."
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "Discord can't be reached: this machine can't look up its address."
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "Discord can't be reached: something before it shows a certificate that is not trusted."
    if isinstance(error, aiohttp.ClientConnectorError):
        return "Discord can't be reached: no connection."
    if isinstance(error, TimeoutError):
        return "Discord can't be reached: no answer in time."
    return f"Discord can't be reached ({type(error).__name__})."


def missing_permissions(permissions: discord.Permissions, *, thread: bool = False) -> list[str]:
    """The names, as Discord shows them, of what a notice needs there and the bot lacks."""
    needed = THREAD_PERMISSIONS if thread else NOTICE_PERMISSIONS
    return [
        name.replace("_", " ").title() for name, wanted in needed if wanted and not getattr(permissions, name)
    ]


def missing_in(channel: discord.abc.GuildChannel | discord.Thread) -> list[str]:
    """What a notice needs and the bot lacks there, as far as the gateway has told."""
    thread = isinstance(channel, discord.Thread)
    return missing_permissions(channel.permissions_for(channel.guild.me), thread=thread)


@contextmanager
def translated(client: discord.Client, channel_id: int) -> Generator[None]:
    """Whatever goes wrong on the way to Discord leaves as a DeliveryError; TokenRefused ends the program."""
    try:
        yield
    except discord.RateLimited as error:
        raise DeliveryDelayed("Discord asks to wait.", timedelta(seconds=error.retry_after)) from error
    except discord.HTTPException as error:
        if error.status == HTTPStatus.UNAUTHORIZED and error.text == NO_TOKEN:
            raise TokenRefused from error
        raise _refusal(client, channel_id, error) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise DeliveryDelayed(f"Discord can't be reached: {type(error).__name__}.") from error
    except RuntimeError as error:
        if str(error) != SESSION_CLOSED:
            raise
        raise DeliveryDelayed("The connection to Discord is closed.") from error


@contextmanager
def no_more_edits() -> Generator[None]:
    """Inside `translated`: MessageGone where only this message is the trouble, not its channel; of these
    ThreadArchived where it is still there.
    """
    try:
        yield
    except discord.HTTPException as error:
        if error.code == THREAD_ARCHIVED:
            raise ThreadArchived("Its thread is archived.") from error
        if error.code in NO_EDIT:
            raise MessageGone(f"Discord edits that message no more: {error.text}.") from error
        raise


def _refusal(client: discord.Client, channel_id: int, error: discord.HTTPException) -> DeliveryError:
    if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or error.code == TOO_LARGE:
        return DeliveryTooLarge("Discord says that the message is too large.")
    if error.status == HTTPStatus.REQUEST_TIMEOUT:
        return DeliveryTimedOut("Discord waited too long for the whole message.")
    if error.status == HTTPStatus.TOO_MANY_REQUESTS or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DeliveryDelayed(f"Discord answered {error.status}.")
    if not error.code:  # not Discord's own words: a proxy or a firewall before it
        return DeliveryDelayed(f"Something before Discord answered {error.status}.")
    away = error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) and error.code not in BLOCKED
    if away or error.code in NO_CHANNEL:
        return ChannelUnusable(_why(client, channel_id, error))
    return DeliveryRejected(f"Discord refused the message: {error.text}.")


def _why(client: discord.Client, channel_id: int, error: discord.HTTPException) -> str:
    """Which permissions are missing, if the gateway has told; else Discord's words."""
    if error.code == UNKNOWN_CHANNEL:
        return "The channel is gone."
    channel = client.get_channel(channel_id)
    known = isinstance(channel, discord.abc.GuildChannel | discord.Thread)
    missing = missing_in(channel) if known else []
    if not missing:
        return f"Discord says: {error.text or error.code}."
    return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
