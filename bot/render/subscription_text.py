"""What a channel gets, and how, in words for a phone."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from bot.domain.events import EventKind
from bot.domain.quiet_hours import Buzz, Rule
from bot.domain.subscriptions import FilterTrial, Preferences, Subscription
from bot.render.text import duration, line, many

_GETS = {
    EventKind.COMPLETED: "finished images",
    EventKind.FAILED: "failures",
    EventKind.CANCELED: "cancellations",
    EventKind.INTERRUPTED: "interruptions",
}
_BUZZES = {
    Buzz.EACH: "each notice buzzes",
    Buzz.PER_BATCH: "buzzes once a batch, at its end",
    Buzz.END: "buzzes only when the queue is done",
    Buzz.FAILURES: "only failures buzz",
    Buzz.NEVER: "never buzzes",
}
_MAX_WORDS = 5
NO_NAMES: Mapping[str, str] = {}


def summary(subscription: Subscription, boards: Mapping[str, str] = NO_NAMES) -> str:
    """A line of what the channel gets; below it, small, a line for each preference that is set.

    `boards`: the names of InvokeAI's boards, by id; one whose name is not known is told by its id.
    """
    preferences = subscription.preferences
    if preferences.unreadable:
        return (
            f"<#{subscription.channel_id}> gets nothing: its filters can't be read\n"
            "-# Start afresh there with /notify off, then /notify here"
        )
    details = [_filters(preferences, boards), _buzz(preferences.rule), _appearance(preferences)]
    lines = [f"<#{subscription.channel_id}> gets {_gets(subscription)}"]
    return "\n".join([*lines, *(f"-# {text[:1].upper()}{text[1:]}" for text in details if text)])


def in_words(subscription: Subscription) -> str:
    """The same on one line, and without markdown."""
    preferences = subscription.preferences
    if preferences.unreadable:
        return "gets nothing: its filters can't be read"
    details = [_filters(preferences, NO_NAMES), _buzz(preferences.rule), _appearance(preferences)]
    return "; ".join([f"gets {_gets(subscription)}", *filter(None, details)]).replace("\\", "")


def _gets(subscription: Subscription) -> str:
    words = [words for kind, words in _GETS.items() if kind in subscription.kinds]
    preferences = subscription.preferences
    if preferences.canvas and EventKind.COMPLETED in subscription.kinds:
        words.append("pictures staged in the canvas")
    if preferences.queue_empty and not preferences.filtered and EventKind.COMPLETED in subscription.kinds:
        words.append("the end of the queue")
    if preferences.live and words:
        words.append("a live card")
    return _listed(words) or "nothing"


def trial_line(trial: FilterTrial) -> str:
    """How many of the newest jobs that ended would have been told."""
    told, looked_at = trial.told, trial.looked_at
    if not looked_at:
        return "No job has ended yet that would have been told here."
    if looked_at == 1:
        return f"The last job would {'' if told else 'not '}have been told here."
    if not told:
        return f"None of the last {many(looked_at, 'job')} would have been told here."
    return f"Of the last {many(looked_at, 'job')} {told} would have been told here."


def _filters(preferences: Preferences, boards: Mapping[str, str]) -> str:
    """`only origin canvas; board Foxes or b-1`."""
    names = {board_id.casefold(): name for board_id, name in boards.items()}
    named = (
        ("origin", preferences.origins),
        ("destination", preferences.destinations),
        ("board", {names.get(board, board) for board in preferences.boards}),
        ("user", preferences.users),
    )
    parts = [f"{name} {_words(words)}" for name, words in named if words]
    return f"only {'; '.join(parts)}" if parts else ""


def _words(words: Iterable[str]) -> str:
    found = sorted(words)
    shown = [line(word, 40) or "?" for word in found[:_MAX_WORDS]]
    if len(found) > _MAX_WORDS:
        shown.append(f"{len(found) - _MAX_WORDS} more")
    return _listed(shown, "or")


def _buzz(rule: Rule) -> str:
    if rule.buzz is Buzz.NEVER:
        return _BUZZES[rule.buzz]
    parts = [_BUZZES[rule.buzz]] if rule.buzz is not Buzz.PER_BATCH else []
    if rule.shortest > timedelta(0):
        parts.append(f"jobs under {duration(rule.shortest)} are silent")
    if rule.quiet is not None:
        but = ", but not failures" if rule.failures_break_through else ""
        parts.append(f"silent {rule.quiet}{but}".replace("_", "\\_"))
    return "; ".join(parts)


def _appearance(preferences: Preferences) -> str:
    parts = [
        "pictures and prompts are spoilers" if preferences.spoiler and not preferences.hide_prompts else "",
        "pictures are spoilers" if preferences.spoiler and preferences.hide_prompts else "",
        "no prompts" if preferences.hide_prompts else "",
        "nothing of jobs that the bot may not look into" if not preferences.others else "",
        f"mentions {preferences.mention}" if preferences.mention else "",
    ]
    return "; ".join(part for part in parts if part)


def _listed(words: list[str], joint: str = "and") -> str:
    if len(words) > 1:
        return f"{', '.join(words[:-1])} {joint} {words[-1]}"
    return words[0] if words else ""
