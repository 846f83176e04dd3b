"""Answers: one Components V2 container each, 4000 units of text at most, readable at 390 pixels."""

from collections.abc import Mapping, Sequence

from bot.domain.queue import Suspension
from bot.domain.subscriptions import FilterTrial, Subscription
from bot.render.message import Block, Colour, Panel, Text
from bot.render.subscription_text import NO_NAMES, summary, trial_line
from bot.render.text import ago, line, many, paragraph, units

_MAX_LIST = 3400


def channels(
    subscriptions: Sequence[Subscription],
    suspended: Sequence[Suspension] = (),
    boards: Mapping[str, str] = NO_NAMES,
) -> Panel:
    """Which channel gets what and how, in words; those that are suspended with the reason.

    `boards`: the names of InvokeAI's boards, by id.
    """
    if not subscriptions:
        return one_sentence("No channel gets notices yet. Use /notify here in the channel that should.")
    told = [summary(subscription, boards) for subscription in subscriptions]
    blocks: list[Block] = [Text("### Notices")]
    if suspended:
        blocks.append(Text(suspensions(suspended)))
    blocks.append(Text(listed(told, "channel", _MAX_LIST // 2 if suspended else _MAX_LIST)))
    return Panel(Colour.WARNING if suspended else Colour.RUNNING, tuple(blocks))


def subscribed(subscription: Subscription, boards: Mapping[str, str], trial: FilterTrial | None) -> Panel:
    """What the channel gets from now on, and how many of the newest jobs it would have been told."""
    text, colour = summary(subscription, boards), Colour.RUNNING
    if trial is not None:
        text += f"\n-# {trial_line(trial)}"
        colour = Colour.RUNNING if trial.told else Colour.WARNING
    return Panel(colour, (Text("### Notices"), Text(text)))


def suspensions(suspended: Sequence[Suspension]) -> str:
    """A line for each channel that takes no messages now."""
    return listed([_suspended(one) for one in suspended], "suspended channel", _MAX_LIST // 2)


def _suspended(one: Suspension) -> str:
    waits = f"{many(one.pending, 'notice')} wait{'s' if one.pending == 1 else ''}"
    return (
        f"⚠️ <#{one.channel_id}> (`{one.channel_id}`) was suspended {ago(one.since)}: "
        f"{line(one.reason, 120)}; {waits if one.pending else 'nothing waits'}"
    )


def tested(silent: Sequence[bool]) -> Panel:
    """After samples were posted: how many, and which of them came silently."""
    if not silent:
        return one_sentence("This channel gets no notices now, so there is nothing to show.")
    posted = "The sample is" if len(silent) == 1 else f"{len(silent)} samples are"
    if all(silent):
        return one_sentence(f"{posted} posted, silently, as this channel is set for this hour.")
    if any(silent):
        return one_sentence(
            f"{posted} posted, {sum(silent)} of them silently. Did your phone buzz for the others?"
        )
    return one_sentence(f"{posted} posted. Did your phone buzz?")


def one_sentence(sentence: str, colour: Colour = Colour.RUNNING) -> Panel:
    """One plain sentence, not markdown: it may hold foreign words and is escaped here."""
    return Panel(colour, (Text(paragraph(sentence, 1500) or "Done."),))


def refused(sentence: str) -> Panel:
    """Why not, in one plain sentence; escaped here."""
    return one_sentence(sentence, Colour.WARNING)


def listed(lines: Sequence[str], word: str, room: int = _MAX_LIST) -> str:
    """As many as there is room for, and how many more there are."""
    kept: list[str] = []
    for each in lines:
        room -= units(each) + 1
        if room < 0:
            kept.append(f"and {many(len(lines) - len(kept), f'more {word}')}")
            break
        kept.append(each)
    return "\n".join(kept)
