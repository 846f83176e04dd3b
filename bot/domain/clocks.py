"""Time zones and times of day, as a person writes them."""

import re
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.errors import RequestRefused

_NAME = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")
_NOON = 12


def zone_named(name: str) -> ZoneInfo:
    """`Europe/Berlin`, in any case; RequestRefused if there is none of that name."""
    tidy = name.strip().replace(" ", "_")
    if _NAME.fullmatch(tidy):
        found = {each.casefold(): each for each in available_timezones()}.get(tidy.casefold())
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
        if name in available_timezones():
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
        raise RequestRefused("No clock shows that time; write one from 00:00 to 23:59.") from error
