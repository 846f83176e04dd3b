"""A job as a person names it: `812`, `#812`, or `studio#812` where there are several InvokeAIs."""

import re
from dataclasses import dataclass

from bot.errors import RequestRefused

_TYPED = re.compile(r"(?:(?P<server>[A-Za-z0-9-]{1,20})\s*#|#)?\s*(?P<number>[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class JobAddress:
    """`server` None: it was not said."""

    number: int
    server: str | None = None

    def __str__(self) -> str:
        return f"{self.server or ''}#{self.number}"


def job_address(typed: str) -> JobAddress:
    """RequestRefused for anything that is no job's number."""
    found = _TYPED.fullmatch(typed.strip())
    if found is None:
        raise RequestRefused("That is no job's number. Type it like 812, or like studio#812.")
    server = found["server"]
    return JobAddress(int(found["number"]), server.lower() if server else None)
