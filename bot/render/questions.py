"""Questions before something that takes more than one job; the numbers are those of that moment."""

from collections.abc import Sequence

from bot.events import Job, QueueStatus
from bot.render.custom_ids import Asked, Choice, ChoiceButton, encode
from bot.render.message import Button, ButtonStyle, Colour, Panel, Row, Text
from bot.render.text import ago, many, quoted

NAMED = 3
"""So many running jobs are called by their numbers; more are counted."""
_ASK_AGAIN = {Choice.CLEAR: "/clear", Choice.PRUNE: "/prune"}


def clear(status: QueueStatus, running: Sequence[Job], asked: Asked) -> Panel:
    """What a clear takes: everything."""
    waiting = status.pending + status.waiting
    finished = status.completed + status.failed + status.canceled
    parts = [f"{count:,} {word}" for count, word in ((waiting, "waiting"), (finished, "finished")) if count]
    noun = "job" if waiting + finished == 1 else "jobs"
    gone = f"Clear {' and '.join(parts)} {noun}" if parts else "Clear the queue"
    cut_off = f", and cancel the running {numbers(running)}" if running else ""
    yes = ChoiceButton(Choice.CLEAR, status.server, asked)
    return _question(f"{gone}{cut_off}?", "Pictures stay in the gallery.", "Clear", yes)


def prune(status: QueueStatus, asked: Asked) -> Panel:
    """What a prune takes: all that has ended."""
    shown = [(status.completed, "done"), (status.failed, "failed"), (status.canceled, "canceled")]
    parts = ", ".join(f"{count:,} {word}" for count, word in shown if count)
    finished = many(status.completed + status.failed + status.canceled, "finished job")
    hint = "Waiting and running jobs stay, and so do pictures."
    yes = ChoiceButton(Choice.PRUNE, status.server, asked)
    return _question(f"Prune {finished}: {parts}?", hint, "Prune", yes)


def cancel(choice: Choice, server: str, count: int, job: Job | None, asked: Asked) -> Panel:
    """`count` unfinished jobs; `job` is the one that names the batch or the destination."""
    jobs = many(count, "job")
    if choice is Choice.CANCEL_BATCH and job is not None:
        sentence = f"Cancel {jobs} of #{job.number}'s batch?"
    elif choice is Choice.CANCEL_DESTINATION and job is not None:
        sentence = f"Cancel {jobs} with #{job.number}'s destination {quoted(job.destination, 80)}?"
    elif choice is Choice.CANCEL_WAITING:
        sentence = f"Cancel all {jobs} that wait?"
    else:
        sentence = f"Cancel all {jobs}, those that run too?"
    yes = ChoiceButton(choice, server, asked, job.number if job else None)
    return _question(sentence, "", f"Cancel {jobs}", yes)


def asks_again(choice: Choice) -> str:
    """The sentence for a question that stood too long."""
    return f"This question has expired. Ask again with {_ASK_AGAIN.get(choice, '/cancel')}."


def _question(sentence: str, hint: str, label: str, yes: ChoiceButton) -> Panel:
    """`sentence` and `hint` are ours, or escaped already."""
    asked = yes.asked
    keep = ChoiceButton(Choice.KEEP, yes.server, asked)
    row = Row((Button(label, encode(yes), ButtonStyle.DANGER), Button("Keep them", encode(keep))))
    small = " ".join(part for part in ("-#", hint, f"This question expires {ago(asked.until)}.") if part)
    return Panel(Colour.WARNING, (Text(f"### {sentence}"), Text(small), row))


def numbers(jobs: Sequence[Job]) -> str:
    """`#812`, `#812, #813 and #814`, `7 jobs`."""
    if len(jobs) > NAMED:
        return many(len(jobs), "job")
    *most, last = [f"#{job.number}" for job in jobs]
    return f"{', '.join(most)} and {last}" if most else last
