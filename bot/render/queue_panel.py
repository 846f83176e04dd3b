"""The queue's panel: what runs, what is next, the counts, the processor, and its buttons."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain import actions
from bot.domain.access import Capability
from bot.domain.estimates import MIN_TOLD
from bot.domain.jobs import JobStatus
from bot.domain.queue import HeldPause, QueueStatus, QueueView, RunningJob, Undelivered, WaitingBatch
from bot.render import buttons
from bot.render.custom_ids import ManageMenu, encode
from bot.render.list_ids import JobsPage
from bot.render.message import ActionRow, Block, Button, Colour, Menu, MenuOption, Panel, Text
from bot.render.queues_ids import AllQueues
from bot.render.text import DOT, ago, clock, dotted, line, many, quoted

MAX_RUNNING = 4
MANAGE = (
    (actions.CANCEL, "Cancel the running job"),
    (actions.CANCEL_BATCH, "Cancel its batch…"),
    (actions.CANCEL_WAITING, "Cancel all that wait…"),
    (actions.CANCEL_ALL, "Cancel all, running ones too…"),
    (actions.PRUNE, "Remove finished jobs…"),
    (actions.CLEAR, "Clear the queue…"),
    (actions.FREE_VRAM, "Free VRAM"),
)
"""What else can be done, in the words of its menu."""


def queue(
    view: QueueView, *, server_name: str | None = None, capability: Capability = Capability.VIEW
) -> Panel:
    """Several running jobs (several GPUs) each say on which device they run. `capability`: the reader's.
    `server_name`: where there are several; a button leads to them.
    """
    state, colour = state_of(view.status, len(view.running), view.empty_at)
    several = len(view.running) > 1
    blocks: list[Block] = [Text(heading(state, server_name))]
    blocks += [Text(running_lines(one, device=several)) for one in view.running[:MAX_RUNNING]]
    blocks += more_running(len(view.running) - MAX_RUNNING)
    blocks += [
        Text(words) for words in (_next(view), *_remarks(view, capability), _counts(view.status)) if words
    ]
    return Panel(
        colour, (*blocks, _buttons(view, several=server_name is not None), *_manage(view, capability))
    )


def state_of(status: QueueStatus, running: int, empty_at: datetime | None = None) -> tuple[str, Colour]:
    """What the queue does, in a line. `running`: how many jobs are known to run, if the counts lag behind."""
    count = max(running, status.in_progress)
    waiting = f"{status.pending:,} waiting" if status.pending else "nothing waiting"
    empty = f"empty about {clock(empty_at)}" if empty_at is not None and not status.paused else ""
    if status.paused:
        after = f" after the running job{'s' if count > 1 else ''}" if count else ""
        return f"⏸️ Paused{after} · {waiting}", Colour.WARNING
    if count:
        return dotted(f"{count:,} running" if count > 1 else "Running", waiting, empty), Colour.RUNNING
    if status.pending:
        return dotted("About to start", waiting, empty), Colour.RUNNING
    return f"Idle · {waiting}", Colour.CANCELED


def running_lines(running: RunningJob, *, device: bool) -> str:
    """Two lines: place in the batch, number and prompt; how far it has come, when it should be done, on what.

    Nothing in them changes with the mere passing of time.
    """
    job, progress, place = running.job, running.progress, running.place
    recipe = job.recipe
    ordinal = f"{place.ended + 1} of {place.total}" if place and 1 < place.total > place.ended else ""
    first = dotted(f"▶️ **#{job.number}**", ordinal, quoted(recipe.prompt if recipe else None, 120))
    steps = ()
    if progress is not None and progress.number == job.number:
        steps = (percent(progress.share), line(progress.message, 60))
    second = dotted(*steps, _end(running), line(job.device, 40) if device else "")
    return "\n".join(part for part in (first, second) if part)


def _end(running: RunningJob) -> str:
    """When it should be done, or else when it began."""
    started, usual = running.job.started_at, running.usual
    if started is None:
        return ""
    return (
        f"done {ago(started + usual)}"
        if usual is not None and usual > MIN_TOLD
        else f"started {ago(started)}"
    )


def more_running(count: int) -> list[Text]:
    """That so many more jobs run than are shown."""
    return [Text(f"and {many(count, 'more running job')}")] if count > 0 else []


def percent(share: float | None) -> str:
    """`52 %`; empty when InvokeAI does not tell."""
    if share is None or share != share:  # noqa: PLR0124 - only NaN differs from itself
        return ""
    return f"{int(min(1.0, max(0.0, share)) * 100)} %"


def heading(words: str, server_name: str | None) -> str:
    return "### " + dotted(line(server_name, 40), words)


def _next(view: QueueView) -> str:
    batches = batches_in_words(view.waiting, view.status.pending)
    return f"**Next** {batches}" if batches else ""


def batches_in_words(batches: Sequence[WaitingBatch], pending: int) -> str:
    """`“canyon river” ×4 · “glacier lake” ×4 · +29`, of so many jobs that wait; empty if none was read."""
    if not batches:
        return ""
    words = [
        (quoted(one.job.recipe.prompt if one.job.recipe else None, 60) or f"#{one.job.number}")
        + (f" ×{one.count:,}" if one.count > 1 else "")
        for one in batches
    ]
    more = pending - sum(one.count for one in batches)
    return dotted(*words, f"+{more:,}" if more > 0 else "")


def _counts(status: QueueStatus) -> str:
    shown = [
        (status.waiting, "waiting for another job"),
        (status.completed, "done"),
        (status.failed, "failed"),
        (status.canceled, "canceled"),
    ]
    counts = DOT.join(f"{count:,} {word}" for count, word in shown if count)
    return f"-# In the queue: {counts}" if counts else ""


def _remarks(view: QueueView, capability: Capability) -> list[str]:
    """What is not well. What only an admin can put right is told to admins."""
    remarks: list[str] = []
    if view.held is not None:
        remarks.append(held_line(view.held, paused=view.status.paused))
    if view.failures is not None:
        remarks.append(f"⚠️ {view.failures.count:,} failed since {clock(view.failures.since)}")
    if capability >= Capability.ADMIN:
        remarks += _undelivered(view.undelivered)
    if view.doubtful_queue:
        remarks.append("⚠️ No job was found in this queue. Is INVOKEAI\\_QUEUE\\_ID spelt right?")
    if not view.sees_all:
        remarks.append("-# This account sees only its own jobs.")
    return remarks


def _undelivered(notices: Undelivered) -> list[str]:
    remarks: list[str] = []
    if notices.late > 0:
        remarks.append(f"⚠️ {many(notices.late, 'notice')} not delivered yet: see the bot's log")
    if notices.suspended > 0:
        remarks.append(f"⚠️ {many(notices.suspended, 'channel')} suspended: see /notify show")
    if notices.dead_letters > 0:
        count = many(notices.dead_letters, "notice")
        remarks.append(f"⚠️ {count} could not be delivered: see `invokeai-discord outbox list`")
    return remarks


def _buttons(view: QueueView, *, several: bool) -> ActionRow:
    status = view.status
    steer = actions.RESUME if status.paused else actions.PAUSE
    row = [buttons.of_queue(steer, status.server), buttons.of_queue(actions.REFRESH, status.server)]
    if view.failures is not None:
        row.append(Button("Failed", encode(JobsPage(status.server, JobStatus.FAILED))))
    if several:
        row.append(Button("All", encode(AllQueues())))
    return ActionRow(tuple(row))


def _manage(view: QueueView, capability: Capability) -> tuple[Menu, ...]:
    """What the person may do, and there is something to do it to. For operators: it takes any job."""
    if capability < Capability.OPERATE:
        return ()
    status = view.status
    possible = {
        actions.CANCEL: status.in_progress == 1,
        actions.CANCEL_BATCH: status.in_progress == 1,
        actions.CANCEL_WAITING: status.not_started > 0,
        actions.CANCEL_ALL: status.unfinished > 1,
        actions.PRUNE: status.finished > 0,
        actions.CLEAR: status.total > 0,
        actions.FREE_VRAM: True,
    }
    options = tuple(
        MenuOption(label, action.name)
        for action, label in MANAGE
        if action.capability <= capability and possible[action]
    )
    return (Menu(encode(ManageMenu(status.server)), "Manage…", options),) if options else ()


def held_line(pause: HeldPause, *, paused: bool = False) -> str:
    """`Paused until <t:…:t> (<t:…:R>) · by <@7> · “lunch”`. `paused`: that it is, the line above has said."""
    until = "" if pause.after_batch is not None else " until somebody resumes"
    if pause.until is not None:
        until = f" until {clock(pause.until)} ({ago(pause.until)})"
    words = ("Pauses after this batch" if pause.after_batch is not None else "Paused") + until
    if paused and pause.after_batch is None:
        words = f"U{until[2:]}"
    reason = line(pause.reason, 200)
    return dotted(words, f"by <@{pause.user_id}>", f"“{reason}”" if reason else "")


def with_pause(panel: Panel, pause: HeldPause | None) -> Panel:
    """The panel, and below it what is held; nothing for a pause without end and reason."""
    if pause is None or (pause.until, pause.reason, pause.after_batch) == (None, None, None):
        return panel
    return replace(panel, blocks=(*panel.blocks, Text(held_line(pause))))


def pauses_later(pause: HeldPause) -> Panel:
    return Panel(Colour.WARNING, (Text(f"⏳ {held_line(pause)}"),))


def called_off() -> Panel:
    return Panel(Colour.RUNNING, (Text("▶️ The pause after this batch is called off."),))
