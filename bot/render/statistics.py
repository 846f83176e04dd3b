"""How busy the servers were, as a panel with bars."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from bot.domain.statistics import Period, Requester, Statistics, Sum
from bot.render.message import Colour, File, MediaGallery, Panel, Text
from bot.render.text import dotted, duration, line, many

MAX_SHARES = 6
MAX_NAME = 40
FILE = "stats.png"
HEADS = {Period.TODAY: "Today", Period.WEEK: "The last seven days"}

Key = TypeVar("Key")


def panel(found: Statistics, plot: bytes | None, *, people: bool) -> Panel:
    """`people`: whether those for whom the jobs were are named."""
    texts = [Text(f"📊 **{HEADS[found.period]}**\n{_all(found.all)}")]
    for title, shares, name in (
        ("Server", found.servers, _server),
        ("Model", found.models, _model),
    ):
        texts += _block(title, shares, name)
    if people:
        texts += _block("Person", found.people, _person, alone=True)
    if plot is None or not found.all.jobs:
        return Panel(Colour.DONE, tuple(texts))
    picture = File(FILE, plot, in_words(found))
    return Panel(Colour.DONE, (texts[0], MediaGallery.of(picture), *texts[1:]), (picture,))


def label(period: Period, start: datetime) -> str:
    """Below a bar: `Mon`, or every third hour."""
    if period is Period.WEEK:
        return f"{start:%a}"
    return f"{start.hour}" if start.hour % 3 == 0 else ""


def in_words(found: Statistics) -> str:
    """The bars for who can't see them."""
    each = [
        f"{start:%a} {slot.jobs}" if found.period is Period.WEEK else f"{start.hour} h {slot.jobs}"
        for start, slot in found.slots
        if slot.jobs
    ]
    unit = "day" if found.period is Period.WEEK else "hour"
    return f"Jobs each {unit}: {', '.join(each)}"


def _all(all_jobs: Sum) -> str:
    if not all_jobs.jobs:
        return "No job has ended."
    share = round(100 * all_jobs.failed / all_jobs.jobs)
    return dotted(
        f"**{many(all_jobs.jobs, 'job')}**",
        many(all_jobs.images, "image"),
        f"{duration(all_jobs.ran)} on the GPU",
        f"{all_jobs.failed:,} failed ({share} %)" if all_jobs.failed else "",
        f"{all_jobs.canceled:,} canceled" if all_jobs.canceled else "",
    )


def _block(
    title: str, shares: Sequence[tuple[Key, Sum]], name: Callable[[Key], str], *, alone: bool = False
) -> list[Text]:
    """Nothing where there is only one, which says no more than the sum of all."""
    if len(shares) < (1 if alone else 2):
        return []
    lines = [
        dotted(name(key), many(each.jobs, "job"), duration(each.ran)) for key, each in shares[:MAX_SHARES]
    ]
    rest = shares[MAX_SHARES:]
    if rest:
        lines.append(f"{len(rest)} more · {many(sum(each.jobs for _, each in rest), 'job')}")
    return [Text("\n".join([f"**By {title.lower()}**", *lines]))]


def _server(name: str) -> str:
    return line(name, MAX_NAME)


def _model(name: str) -> str:
    return line(name, MAX_NAME) or "unknown model"


def _person(person: Requester) -> str:
    if person.user_id:
        return f"<@{person.user_id}>"
    return line(person.name, MAX_NAME) or "unknown"
