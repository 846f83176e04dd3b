"""What is said to who asks for new pictures, and styles as they are shown."""

from collections.abc import Mapping, Sequence

from humanize import ordinal

from bot.domain.creation import DeletedStyle, Imagined, Ran, StyleList, StyleView, Submitted
from bot.domain.queue import Outlook
from bot.domain.styles import StyleCheck, StyleName, StylePart
from bot.domain.submissions import PersonUsage, Quota, Usage
from bot.domain.subscriptions import Disclosure
from bot.render.job_numbers import numbers_in_runs
from bot.render.message import Colour, File, MediaGallery, Panel, Text
from bot.render.panels import listed, one_sentence
from bot.render.presentation import covered, veiled_prompt
from bot.render.text import ago, bare, dotted, line, many, paragraph, quoted

MAX_PROMPT = 200
MAX_SERVERS, MAX_LACKS = 10, 5
NOT_ASKED: Mapping[str, Mapping[str, str | None]] = {}


def imagined(prompt: str | None, done: Imagined, *, server_name: str | None = None) -> Panel:
    """Which jobs are queued for whom asked, like what, and when they should be done. `prompt`: as it may be
    shown here. `server_name`: where there are several.
    """
    name = done.template.name
    like = f"style {line(name, 60)}" if name else "like the newest picture"  # which one, not all may know
    where = f" on {line(server_name, 40)}" if server_name else ""
    head = f"🎨 {_queued(done.submitted)}{where}"
    about = f"-# {dotted(like, _seeds(done.seeds), _when(done.outlook))}"
    return Panel(Colour.RUNNING, (Text(f"{dotted(head, quoted(prompt, MAX_PROMPT))}\n{about}"),))


def ran(done: Ran) -> Panel:
    """Which jobs of a workflow are queued, and what waits before them."""
    head = f"🧩 {_queued(done.submitted, 'job')}"
    about = f"-# {dotted(line(done.workflow, 60), _when(done.outlook))}"
    return Panel(Colour.RUNNING, (Text(f"{head}\n{about}"),))


def _queued(done: Submitted, word: str = "picture") -> str:
    """InvokeAI 5 does not tell the numbers of what it took."""
    sent, jobs = done.submission.sent, done.submission.jobs
    if not sent:
        return f"{many(jobs, word)} will be queued when your turn comes"
    which = numbers_in_runs(done.numbers) if done.numbers else many(sent, word)
    queued = f"{which} {'is' if sent == 1 else 'are'} queued"
    left = jobs - sent
    return f"{queued}, {left:,} more {'follows' if left == 1 else 'follow'}" if left else queued


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else ""


def _when(outlook: Outlook | None) -> str:
    """Its place in the queue, and when it should be done."""
    if outlook is None:
        return ""
    place = ""
    if outlook.place is not None:
        place = "runs next" if outlook.place == 1 else f"{ordinal(outlook.place)} in line"
    expected = f"expected {ago(outlook.done_at)}" if outlook.done_at is not None else ""
    return dotted(place, expected, "the queue is paused" if outlook.paused else "")


def usage(mine: Usage, quota: Quota, *, counted: bool) -> Panel:
    """What the person who asks has, and how much of that they may."""
    if not counted:
        return one_sentence(
            f"You have {mine.unfinished} waiting or running, and asked for {mine.today} in 24 hours. "
            "There is no limit for you."
        )
    daily = f"{mine.today}" if quota.daily is None else f"{mine.today} of {quota.daily}"
    return one_sentence(
        f"You have {mine.unfinished} of {quota.waiting} waiting or running, and asked for {daily} in 24 "
        "hours."
    )


def everybody(people: Sequence[PersonUsage], quota: Quota) -> Panel:
    """What each person has, those with most first, and how much of it they may."""
    if not people:
        return one_sentence(
            "Nobody has asked for a picture in the last 24 hours, and none is waiting or running."
        )
    daily = "any number" if quota.daily is None else f"{quota.daily:,}"
    limits = f"A creator may have {quota.waiting:,} waiting or running, and queue {daily} in 24 hours."
    lines = [
        f"<@{one.user_id}> · {one.usage.unfinished:,} waiting or running · {one.usage.today:,} in 24 hours"
        f"{'' if one.counted else ' · not limited'}"
        for one in people
    ]
    return Panel(Colour.RUNNING, (Text(f"### Quotas\n{listed(lines, 'name')}\n-# {limits}"),))


def saved(view: StyleView, disclosure: Disclosure, *, default_here: bool = False) -> Panel:
    """`default_here`: it was made the channel's default, too."""
    head = f"🎨 The style **{line(view.style.about.name, 60)}** is saved from #{view.style.about.number}."
    used = " /imagine uses it in this channel, unless another one is named." if default_here else ""
    return _style(head + used, view, disclosure)


def style(view: StyleView, disclosure: Disclosure, able: Mapping[str, str | None] | None = None) -> Panel:
    """`able`: what each of several servers lacks to run it; None: nothing."""
    about = view.style.about
    by = f"from #{about.number} · saved by <@{about.saved_by}> <t:{int(about.saved_at.timestamp())}:R>"
    if able is not None:
        by = f"{by}\n{_able(able)}"
    return _style(f"🎨 **{line(about.name, 60)}**\n-# {by}", view, disclosure)


def _where(able: Mapping[str, str | None]) -> str:
    """`on studio, attic`, `on each server`, `on no server now`."""
    names = [server for server, lack in able.items() if lack is None]
    if len(names) == len(able):
        return "on each server"
    return f"on {', '.join(names)}" if names else "on no server now"


def _able(able: Mapping[str, str | None]) -> str:
    """`Runs on studio, attic`, and why not on others."""
    names = [server for server, lack in able.items() if lack is None]
    more = f" and {len(names) - MAX_SERVERS} more" if len(names) > MAX_SERVERS else ""
    head = f"Runs on {', '.join(names[:MAX_SERVERS])}{more}" if names else "⚠️ Runs on no server now"
    lacks = [f"-# Not on {server}: {line(lack, 120)}" for server, lack in able.items() if lack is not None]
    rest = f"-# and not on {len(lacks) - MAX_LACKS} more" if len(lacks) > MAX_LACKS else ""
    return "\n".join(each for each in (head, *lacks[:MAX_LACKS], rest) if each)


def styles(
    known: StyleList, *, several: bool = False, able: Mapping[str, Mapping[str, str | None]] = NOT_ASKED
) -> Panel:
    """Each with where it is the default; where there is none, how one comes about. `several`: servers.
    `able`: by the styles' names, as for `style`.
    """
    if not known.styles:
        return one_sentence("There is no style yet. Save one from a finished job with /style save.")
    lines = [
        dotted(
            f"**{line(each.name, 60)}**",
            f"from {each.server if several else ''}#{each.number}",
            _where(able[each.name]) if each.name in able else "",
            _default_where(each.name, known),
        )
        for each in known.styles
    ]
    return Panel(Colour.RUNNING, (Text(listed(lines, "style")),))


def _default_where(name: str, known: StyleList) -> str:
    where = {"in this channel": known.here, "on this server": known.everywhere}
    places = [place for place, default in where.items() if default == name]
    return f"default {' and '.join(places)}" if places else ""


def deleted(gone: DeletedStyle) -> Panel:
    places = [
        "on this server" if gone.everywhere else "",
        f"in {many(gone.channels, 'channel')}" if gone.channels else "",
    ]
    told = " and ".join(place for place in places if place)
    default = f" It was the default {told}." if told else ""
    return one_sentence(f"The style {gone.about.name} is deleted.{default}", Colour.CANCELED)


def default(about: StyleName | None, *, here: bool) -> Panel:
    where = "in this channel" if here else "on this server"
    if about is None:
        return one_sentence(f"/imagine has no default style {where} any more.")
    return one_sentence(f"/imagine uses the style {about.name} {where}, unless another one is named.")


def _style(head: str, view: StyleView, disclosure: Disclosure) -> Panel:
    lines = [head, *_parts(view.check, veiled_prompt(view.check.prompt, disclosure))]
    if view.missing:
        lines.append(f"⚠️ {paragraph(view.missing, 300)}")
    blocks = [Text("\n".join(lines))]
    if view.style.thumbnail is None:
        return Panel(Colour.RUNNING, tuple(blocks))
    file = File(
        "style.webp", view.style.thumbnail, f"A picture in the style {bare(view.style.about.name, 60)}"
    )
    return covered(Panel(Colour.RUNNING, (*blocks, MediaGallery.of(file)), (file,)), disclosure)


def _parts(check: StyleCheck, prompt: str | None) -> list[str]:
    """What it holds, and what can't be told."""
    size = f"{check.size[0]} × {check.size[1]}" if check.size else ""
    steps = f"{check.steps} steps" if check.steps is not None else ""
    each = check.pictures or 1
    pictures = f"{many(each, 'picture')} a job" if each > 1 else ""
    told = [dotted(*(line(name, 60) for name in check.models[:3]), size, steps, pictures)]
    told.append(f"Prompt: {quoted(prompt, MAX_PROMPT)}" if prompt else "")
    told.append("It starts from a picture, which you can replace." if check.image else "")
    unknown = [part for part in check.unknown if part not in {StylePart.IMAGE, StylePart.PICTURES}]
    told.append(f"-# Can't be changed here: {', '.join(unknown)}." if unknown else "")
    return [each for each in told if each]
