"""What a channel gets, and how, in words for a phone: a short line for each fact."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.domain.events import EventKind
from bot.domain.quiet_hours import Buzz, Rule
from bot.domain.subscriptions import FilterTrial, Mine, Preferences, Subscription
from bot.render.text import ago, dotted, duration, line, many

_GETS = {
    EventKind.COMPLETED: "finished pictures",
    EventKind.FAILED: "failures",
    EventKind.CANCELED: "cancellations",
    EventKind.INTERRUPTED: "interruptions",
}
BUZZES = {
    Buzz.EACH: "each notice",
    Buzz.PER_BATCH: "once a batch, at its end",
    Buzz.END: "only when the queue is done",
    Buzz.FAILURES: "only failures",
    Buzz.NEVER: "never",
}
"""When a phone buzzes; also the choices of the command and of the menu."""
MINE = {
    Mine.MENTION: "a mention",
    Mine.DIRECT: "a direct message",
    Mine.NEITHER: "neither",
}
"""How those who asked for a picture hear of it; also the choices of the command and of the menu."""
_NO_END = "so without the queue's end"
_MAX_WORDS = 5
NO_NAMES: Mapping[str, str] = {}
_UNREADABLE = "gets nothing: its filters can't be read"
_AFRESH = "To start afresh: /notify stop there, then /notify here."


def summary(subscription: Subscription, now: datetime, boards: Mapping[str, str] = NO_NAMES) -> str:
    """The channel's name, and below it its `facts`."""
    return f"**<#{subscription.channel_id}>**\n{facts(subscription, now, boards)}"


def facts(subscription: Subscription, now: datetime, boards: Mapping[str, str] = NO_NAMES) -> str:
    """A labelled line for what the channel gets, for when it buzzes, and for each preference that is set.

    `boards`: the names of InvokeAI's boards, by id; one whose name is not known is told by its id.
    """
    preferences = subscription.preferences
    if preferences.unreadable:
        return f"**Posts** nothing: the filters can't be read\n{_AFRESH}"
    rule = preferences.rule
    lines = (
        ("Posts", dotted(*_gets(subscription)) or "nothing"),
        ("Only", dotted(*_filters(subscription, boards), _NO_END if _misses_end(subscription) else "")),
        ("Buzzes", _buzz(rule)),
        ("Quiet hours", _quiet(rule) if rule.buzz is not Buzz.NEVER else ""),
        ("Snoozed", _until(rule.snoozed_until) if rule.snoozed(now) else ""),
        ("Privacy", _privacy(preferences)),
        ("Mentions", str(preferences.mention or "")),
        ("Who asked gets", "" if preferences.mine is Mine.MENTION else MINE[preferences.mine]),
    )
    return "\n".join(f"**{label}** {words}" for label, words in lines if words)


def in_words(subscription: Subscription) -> str:
    """The same on one line and without markdown, for a terminal."""
    preferences = subscription.preferences
    if preferences.unreadable:
        return _UNREADABLE
    rule = preferences.rule
    only, quiet = "; ".join(_filters(subscription, NO_NAMES)), _quiet(rule)
    mention = preferences.mention
    details = (
        f"only {only}" if only else "",
        f"buzzes: {_buzz(rule)}",
        f"quiet hours {quiet}" if quiet and rule.buzz is not Buzz.NEVER else "",
        _privacy(preferences),
        f"mentions {mention}" if mention else "",
        "" if preferences.mine is Mine.MENTION else f"who asked gets {MINE[preferences.mine]}",
    )
    gets = f"gets {_listed(_gets(subscription)) or 'nothing'}"
    return "; ".join([gets, *filter(None, details)]).replace("\\", "")


def trial_line(trial: FilterTrial) -> str:
    """How many of the newest jobs that ended would have been posted."""
    told, looked_at = trial.told, trial.looked_at
    if not looked_at:
        return "No job has finished yet."
    if looked_at == 1:
        return f"The last job would {'' if told else 'not '}have been posted here."
    count = {0: "None of", looked_at: "All of"}.get(told, f"{told} of")
    return f"{count} the last {many(looked_at, 'job')} would have been posted here."


def _gets(subscription: Subscription) -> list[str]:
    kinds = subscription.kinds
    both = {EventKind.CANCELED, EventKind.INTERRUPTED} <= kinds  # as people choose them: together
    kinds = kinds - {EventKind.INTERRUPTED} if both else kinds
    words = [words for kind, words in _GETS.items() if kind in kinds]
    preferences = subscription.preferences
    if EventKind.COMPLETED in subscription.kinds:
        words += ["canvas pictures"] if preferences.canvas else []
        words += ["the queue's end"] if preferences.queue_empty and not preferences.filtered else []
    return [*words, "a live card"] if preferences.live and words else words


def _misses_end(subscription: Subscription) -> bool:
    """Whether a filter keeps away the queue's end that is asked for."""
    preferences = subscription.preferences
    return EventKind.COMPLETED in subscription.kinds and preferences.queue_empty and preferences.filtered


def _filters(subscription: Subscription, boards: Mapping[str, str]) -> list[str]:
    """`InvokeAI server studio`, `origin canvas`, `board Foxes or b-1`."""
    preferences = subscription.preferences
    names = {board_id.casefold(): name for board_id, name in boards.items()}
    named = (
        ("InvokeAI server", subscription.servers or frozenset[str]()),
        ("origin", preferences.origins),
        ("destination", preferences.destinations),
        ("board", {names.get(board, board) for board in preferences.boards}),
        ("user", preferences.users),
    )
    parts = [f"{name} {_words(words)}" for name, words in named if words]
    return parts if preferences.others else [*parts, "jobs that the bot's account may see"]


def _words(words: Iterable[str]) -> str:
    found = sorted(words)
    shown = [line(word, 40) or "?" for word in found[:_MAX_WORDS]]
    if len(found) > _MAX_WORDS:
        shown.append(f"{len(found) - _MAX_WORDS} more")
    return _listed(shown, "or")


def _buzz(rule: Rule) -> str:
    brief = rule.shortest > timedelta(0) and rule.buzz is not Buzz.NEVER
    return dotted(BUZZES[rule.buzz], f"not for jobs under {duration(rule.shortest)}" if brief else "")


def _quiet(rule: Rule) -> str:
    if rule.quiet is None:
        return ""
    through = "failures still buzz" if rule.failures_break_through else ""
    return dotted(str(rule.quiet).replace("_", "\\_"), through)


def _until(moment: datetime | None) -> str:
    return f"until <t:{int(moment.timestamp())}:t> ({ago(moment)})" if moment else ""


def _privacy(preferences: Preferences) -> str:
    veiled = "pictures" if preferences.hide_prompts else "pictures and prompts"
    return dotted(
        f"{veiled} are spoilers" if preferences.spoiler else "",
        "prompts are hidden" if preferences.hide_prompts else "",
    )


def _listed(words: list[str], joint: str = "and") -> str:
    if len(words) > 1:
        return f"{', '.join(words[:-1])} {joint} {words[-1]}"
    return words[0] if words else ""
