"""How long a pause lasts and when something happens: from a person's words to a time. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.errors import RequestRefused

MIN_SPAN, MAX_SPAN = timedelta(seconds=1), timedelta(days=30)

_MAX_TEXT = 60
_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_BELOW = {"d": "h", "h": "m", "m": "s"}
_NUMBER = r"(\d{1,6}(?:[.,]\d{1,3})?)"
_UNIT = r"(days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)"
_PART = re.compile(rf"{_NUMBER}\s*{_UNIT}(?![a-z])\s*(?:and\s+|,\s*)?", re.IGNORECASE)
_BARE_END = re.compile(r"\d{1,6}")
_CLOCK = re.compile(
    r"(tomorrow\s+)?(?:at\s+)?(?:(\d{1,2})[:.](\d{2})\s*(am|pm)?|(\d{1,2})\s*(am|pm))", re.IGNORECASE
)
_PREFIX = re.compile(r"(for|until|till|to)\s+", re.IGNORECASE)
_HOW = "Write how long, like 30m or 1h30, or until when, like 18:00."


def pause_end(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment (UTC) meant by `30m`, `for 1h30`, `until 18:00`, `tomorrow 7am`, or RequestRefused.

    A time of day is the next one after `now`; if the clock jumps over it, the moment as long after the jump.
    """
    tidy = text.strip()
    prefix = _PREFIX.match(tidy)
    word = prefix[1].casefold() if prefix else ""
    rest = tidy[prefix.end() :] if prefix else tidy
    if len(tidy) > _MAX_TEXT:
        raise RequestRefused(_HOW)
    clock = _CLOCK.fullmatch(rest)
    if clock and word != "for":
        return _next(clock, now.astimezone(zone), zone)
    if word in ("", "for"):
        return now.astimezone(UTC) + span(rest)
    raise RequestRefused(_HOW)


def span(text: str) -> timedelta:
    """`30m`, `1h30`, `90 s`, `1.5 hours`, `2 days and 3 h`; a bare `90` means minutes.

    From 1 s to 30 d; all else is RequestRefused.
    """
    tidy = text.strip()[: _MAX_TEXT + 1]
    total, place, last = timedelta(0), 0, ""
    while match := _PART.match(tidy, place):
        unit = match[2][0].casefold()
        if last and list(_UNITS).index(unit) <= list(_UNITS).index(last):
            raise RequestRefused(_HOW)
        total += float(match[1].replace(",", ".")) * _UNITS[unit]
        place, last = match.end(), unit
    rest = tidy[place:].strip()
    if rest:
        bare = _BARE_END.fullmatch(rest)
        unit = _BELOW.get(last) if last else "m"
        if bare is None or unit is None:
            raise RequestRefused(_HOW)
        total += int(bare[0]) * _UNITS[unit]
    elif not last:
        raise RequestRefused(_HOW)
    if not MIN_SPAN <= total <= MAX_SPAN:
        raise RequestRefused("A pause lasts from 1 second to 30 days.")
    return total


def _next(clock: re.Match[str], here: datetime, zone: ZoneInfo) -> datetime:
    at = clock_time(clock[2] or clock[5], clock[3], clock[4] or clock[6])
    day = here.date()
    first = 1 if clock[1] else 0
    for ahead in (first, first + 1):
        for fold in (0, 1):
            there = datetime.combine(day + timedelta(days=ahead), at, zone).replace(fold=fold)
            if there.timestamp() > here.timestamp():
                return there.astimezone(UTC)
    raise RequestRefused(_HOW)


_NAME = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")
_NOON = 12


@cache
def _zones() -> frozenset[str]:
    """All that there are. To read them from their folders takes 60 ms of processor time."""
    return frozenset(available_timezones())


def zone_named(name: str) -> ZoneInfo:
    """`Europe/Berlin`, in any case; RequestRefused if there is none of that name."""
    tidy = name.strip().replace(" ", "_")
    if _NAME.fullmatch(tidy):
        found = {each.casefold(): each for each in _zones()}.get(tidy.casefold())
        try:
            if found:
                return ZoneInfo(found)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise RequestRefused("This computer can't read that time zone.") from error
    raise RequestRefused("There is no such time zone; write one like Europe/Berlin or UTC.")


def machine_zone(environment: Mapping[str, str], localtime: Path = Path("/etc/localtime")) -> ZoneInfo:
    """The zone that TZ or this computer's own file names; UTC where neither names one (as on Windows)."""
    named = environment.get("TZ", "").removeprefix(":") or "/".join(localtime.resolve().parts[-3:])
    parts = named.split("/")
    for first in range(len(parts)):
        name = "/".join(parts[first:])
        if name in _zones():
            return ZoneInfo(name)
    return ZoneInfo("UTC")


def clock_time(hour: str, minute: str | None, half: str | None) -> time:
    """`22`, `22` and `30`, `10` and `pm` as a time of day; RequestRefused if no clock shows it."""
    hours, minutes = int(hour), int(minute or 0)
    if half:
        if not 1 <= hours <= _NOON:
            raise RequestRefused("With am and pm the hours go from 1 to 12.")
        hours = hours % _NOON + (_NOON if half.casefold() == "pm" else 0)
    try:
        return time(hours, minutes)
    except ValueError as error:
        raise RequestRefused("That isn't a valid time: write one from 00:00 to 23:59.") from error
