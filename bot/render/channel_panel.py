"""A channel's settings as a private panel: what is set, in words, and the buttons to change it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain import actions
from bot.domain.actions import Action
from bot.domain.queue import Suspension
from bot.domain.quiet_hours import morning
from bot.domain.subscriptions import FilterTrial, Subscription
from bot.render.channel_ids import ChannelButton, ChannelsPage
from bot.render.custom_ids import encode
from bot.render.message import ActionRow, Block, Button, Colour, Panel, Separator, Text
from bot.render.subscription_text import facts, trial_line
from bot.render.text import ago, line, many

MAX_CHANNELS = 3
"""On one page, each with its facts and its buttons."""
_KEPT = "Notices still arrive, but silently. Nothing is held back."


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A subscribed channel, and what helps to understand its settings.

    `boards`: InvokeAI's boards by id; `users`: those with an account. `zone`: that of times without one.
    `servers`: the names of all that the bot serves. `trial`: how many of the newest jobs would have been
    posted; None where InvokeAI does not tell.
    """

    subscription: Subscription
    now: datetime
    zone: ZoneInfo
    boards: Mapping[str, str]
    users: Sequence[str] = ()
    trial: FilterTrial | None = None
    suspension: Suspension | None = None
    servers: Sequence[str] = ()

    @property
    def channel_id(self) -> int:
        return self.subscription.channel_id

    @property
    def readable(self) -> bool:
        return not self.subscription.preferences.unreadable


def settings(view: ChannelView, note: str = "") -> Panel:
    """`note`: what was done just now; ours."""
    head = (Text(note),) if note else ()
    return Panel(
        _colour(view), (*head, Text(f"### Notices in <#{view.channel_id}>\n{about(view)}"), _row(view))
    )


def several(views: Sequence[ChannelView], page: int, pages: int) -> Panel:
    """A page of the guild's channels, each as by itself."""
    blocks: list[Block] = [Text(f"### Notices{f' · page {page} of {pages}' if pages > 1 else ''}")]
    for view in views:
        blocks += [Separator(), Text(f"**<#{view.channel_id}>**\n{about(view)}"), _row(view)]
    turning = tuple(
        Button(label, encode(ChannelsPage(to)))
        for label, to in (("Previous", page - 1), ("Next", page + 1))
        if 1 <= to <= pages
    )
    if turning:
        blocks += [Separator(), ActionRow(turning)]
    colours = [_colour(view) for view in views]
    return Panel(Colour.WARNING if Colour.WARNING in colours else Colour.RUNNING, tuple(blocks))


def about(view: ChannelView) -> str:
    """Its facts, why nothing arrives if nothing does, and how many jobs would have been posted."""
    parts = [facts(view.subscription, view.now, view.boards)]
    if view.suspension is not None:
        parts.insert(0, suspended(view.suspension))
    if gone := sorted(set(view.subscription.servers or ()) - set(view.servers)):
        parts.append(f"⚠️ Not served any more: {', '.join(gone)}")
    if view.trial is not None and view.readable:
        parts.append(f"-# {trial_line(view.trial)}")
    return "\n".join(parts)


def suspended(one: Suspension) -> str:
    waits = f"{many(one.pending, 'notice')} waiting" if one.pending else "nothing waiting"
    return f"⚠️ Suspended {ago(one.since)}: {line(one.reason, 120)}; {waits}"


def stop(view: ChannelView) -> Panel:
    """The question before a channel's settings are forgotten."""
    words = (
        f"### Stop notices in <#{view.channel_id}>?\n"
        "Its settings are forgotten, and notices that are still waiting are dropped."
    )
    keep = _button(actions.CHANNEL_SHOW, view, "Keep")
    return Panel(Colour.WARNING, (Text(words), ActionRow((keep, _button(actions.CHANNEL_END, view)))))


def stopped(channel_id: int, dropped: int | None) -> Panel:
    """After that; `dropped`: what was still waiting, None where the channel had been stopped before."""
    if dropped is None:
        return Panel(Colour.WARNING, (Text(f"<#{channel_id}> already gets no notices."),))
    rest = f" Dropped {many(dropped, 'notice')} still waiting." if dropped else ""
    return Panel(Colour.RUNNING, (Text(f"<#{channel_id}> gets no more notices.{rest}"),))


def snooze(view: ChannelView) -> Panel:
    """For how long."""
    at = int(morning(view.subscription.preferences.rule, view.now, view.zone).timestamp())
    words = f"### Snooze <#{view.channel_id}>?\n{_KEPT} Morning is <t:{at}:t>."
    row = (actions.SNOOZE_HOUR, actions.SNOOZE_MORNING, actions.CHANNEL_SHOW)
    return Panel(Colour.RUNNING, (Text(words), ActionRow(tuple(_button(action, view) for action in row))))


def tested(silent: Sequence[bool]) -> str:
    """After samples were posted: how many, and which of them came silently; ours."""
    count, quiet = len(silent), sum(silent)
    if not count:
        return "This channel gets no notices now, so there is nothing to post."
    posted = f"Posted {many(count, 'sample')}"
    if quiet == count:
        return f"{posted}, silently: that is how this channel is set for now."
    if quiet:
        return f"{posted}, {quiet} of them silently. Did your phone buzz for the other{_s(count - quiet)}?"
    return f"{posted}. Did your phone buzz?"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _row(view: ChannelView) -> ActionRow:
    """As many as fit a phone; *Stop…* is behind *Change…*, where there is one."""
    snoozed = view.subscription.preferences.rule.snoozed(view.now)
    snooze = actions.SNOOZE_END if snoozed else actions.CHANNEL_SNOOZE
    row = (actions.CHANNEL_CHANGE, actions.CHANNEL_TEST, snooze)
    return ActionRow(tuple(_button(one, view) for one in (row if view.readable else (actions.CHANNEL_STOP,))))


def _button(action: Action, view: ChannelView, label: str | None = None) -> Button:
    return Button(label or action.label, encode(ChannelButton(action, view.channel_id)), action.style)


def _colour(view: ChannelView) -> Colour:
    nothing = view.trial is not None and view.trial.looked_at and not view.trial.told
    trouble = view.suspension is not None or not view.readable or nothing
    return Colour.WARNING if trouble else Colour.RUNNING
