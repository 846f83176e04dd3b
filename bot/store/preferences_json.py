"""A channel's preferences as JSON, which older and newer bots read as well: each takes what it knows."""

import json
from dataclasses import fields
from datetime import timedelta
from typing import Annotated, Any, ClassVar

import structlog
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from bot.domain.quiet_hours import Buzz, QuietHours, Rule, quiet_hours
from bot.domain.subscriptions import Mention, Mine, Preferences
from bot.errors import RequestRefused

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

FILTERS = ("origins", "destinations", "boards", "users")
RULE = tuple(field.name for field in fields(Rule))
UNREADABLE: dict[str, Any] = dict.fromkeys(FILTERS) | {
    "spoiler": True,
    "hide_prompts": True,
    "live": False,
    "others": False,
    "mine": Mine.NEITHER,
}
"""What stands in for a value that filters or hides and can't be read; all else gets its default."""


def _quiet(value: Any) -> Any:
    return quiet_hours(value) if isinstance(value, str) else value


Filter = Annotated[frozenset[str], PlainSerializer(sorted)] | None
Quiet = Annotated[QuietHours, BeforeValidator(_quiet), PlainSerializer(str)] | None


class StoredPreferences(BaseModel):
    """One flat object; names that it does not know are left out. A filter that can't be read is None."""

    model_config: ClassVar[ConfigDict] = ConfigDict(ser_json_timedelta="float")

    origins: Filter = frozenset()
    destinations: Filter = frozenset()
    boards: Filter = frozenset()
    users: Filter = frozenset()
    spoiler: bool = False
    hide_prompts: bool = False
    live: bool = True
    queue_empty: bool = True
    canvas: bool = False
    others: bool = True
    mention: Mention | None = None
    mine: Mine = Mine.MENTION
    buzz: Buzz = Buzz.PER_BATCH
    shortest: timedelta = timedelta(0)
    quiet: Quiet = None
    failures_break_through: bool = False
    snoozed_until: AwareDatetime | None = None

    @field_validator("*", mode="wrap")
    @classmethod
    def _tolerant(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return read(value)
        except (ValidationError, RequestRefused):  # RequestRefused: a time zone that this computer lacks
            name = str(info.field_name)
            log.error("preferences_read_failed", preference=name)  # noqa: TRY400 - the name says it all
            return UNREADABLE.get(name, cls.model_fields[name].default)


def preferences_to_json(preferences: Preferences) -> str:
    """What `preferences_from_json` reads again."""
    flat = {field.name: getattr(preferences, field.name) for field in fields(Preferences)}
    flat |= {name: getattr(preferences.rule, name) for name in RULE} | dict.fromkeys(preferences.unreadable)
    stored = StoredPreferences.model_construct(
        **{name: flat[name] for name in StoredPreferences.model_fields}
    )
    return json.dumps(stored.model_dump(mode="json"), ensure_ascii=False)


def preferences_from_json(text: str | None) -> Preferences:
    """None: the defaults. What filters or hides and can't be read is taken in its strictest meaning."""
    if text is None:
        return Preferences()
    try:
        stored = StoredPreferences.model_validate_json(text)
    except ValidationError:
        log.error("preferences_read_failed", preference="all")  # noqa: TRY400 - foreign text stays out of the log
        stored = StoredPreferences(**UNREADABLE)
    flat = dict(stored)
    rule = Rule(**{name: flat.pop(name) for name in RULE})
    unreadable = frozenset(name for name in FILTERS if flat[name] is None)
    if unreadable:
        flat |= dict.fromkeys(unreadable, frozenset[str]()) | {"live": False}
    return Preferences(**flat, rule=rule, unreadable=unreadable)
