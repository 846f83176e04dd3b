"""A channel's wishes as JSON, which older and newer bots read as well: each takes what it knows."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar, cast

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.domain.quiet_hours import Buzz, QuietHours, Rule, quiet_hours
from bot.domain.subscriptions import Mention, Preferences
from bot.errors import RequestRefused

T = TypeVar("T")

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

WORDS = TypeAdapter(frozenset[str])
YES_OR_NO = TypeAdapter(bool)
BUZZ = TypeAdapter(Buzz)
LENGTH = TypeAdapter(timedelta)
MENTION = TypeAdapter(Mention | None)
TEXT = TypeAdapter(str | None)
FILTERS = ("origins", "destinations", "boards", "users")
SWITCHES = ("spoiler", "hide_prompts", "live", "queue_empty")


def words_of(wishes: Preferences) -> str:
    """What `wishes_of` reads again."""
    rule = wishes.rule
    said: dict[str, Any] = {name: sorted(getattr(wishes, name)) for name in FILTERS}
    said |= {name: getattr(wishes, name) for name in SWITCHES}
    said |= {
        "buzz": rule.buzz.value,
        "shortest": rule.shortest.total_seconds(),
        "quiet": None if rule.quiet is None else str(rule.quiet),
        "failures_break_through": rule.failures_break_through,
        "mention": MENTION.dump_python(wishes.mention, mode="json"),
    }
    return json.dumps(said)


def wishes_of(words: str | None) -> Preferences:
    """None: no wishes. A wish that this bot can't read is as if it had not been said, and is logged."""
    if words is None:
        return Preferences()
    try:
        read = json.loads(words)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        log.error("wishes_unreadable", wish="all")
        return Preferences()
    said = cast("dict[str, Any]", read)
    plain = Preferences()
    filters = {name: _read(said, name, WORDS, getattr(plain, name)) for name in FILTERS}
    switches = {name: _read(said, name, YES_OR_NO, getattr(plain, name)) for name in SWITCHES}
    rule = Rule(
        _read(said, "buzz", BUZZ, plain.rule.buzz),
        _read(said, "shortest", LENGTH, plain.rule.shortest),
        _quiet(_read(said, "quiet", TEXT, None)),
        _read(said, "failures_break_through", YES_OR_NO, plain.rule.failures_break_through),
    )
    mention = _read(said, "mention", MENTION, None)
    return replace(plain, **filters, **switches, rule=rule, mention=mention)


def _read(said: Mapping[str, Any], name: str, form: TypeAdapter[T], otherwise: T) -> T:
    if name not in said:
        return otherwise
    try:
        return form.validate_python(said[name])
    except ValidationError:
        log.error("wishes_unreadable", wish=name)  # noqa: TRY400 - the wish's name says it all
        return otherwise


def _quiet(text: str | None) -> QuietHours | None:
    if text is None:
        return None
    try:
        return quiet_hours(text)
    except RequestRefused as refusal:  # a time zone that this computer does not have
        log.error("wishes_unreadable", wish="quiet", reason=str(refusal))  # noqa: TRY400 - as above
        return None
