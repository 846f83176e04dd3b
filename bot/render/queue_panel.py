"""The queue's panel: what runs, what is next, the counts, the processor, and its buttons."""

from dataclasses import replace

from bot.domain import actions
from bot.domain.estimates import MIN_TOLD
from bot.domain.jobs import JobStatus
from bot.domain.queue import HeldPause, QueueStatus, QueueView, RunningJob
from bot.render import buttons
from bot.render.message import ActionRow, Block, Colour, Panel, Separator, Text
from bot.render.recipes import ICONS
from bot.render.text import DOT, ago, dotted, duration, line, many, quoted

MAX_RUNNING = 4
_BAR = 10


def queue(view: QueueView, *, server_name: str | None = None) -> Panel:
    """Several running jobs (several GPUs) each say on which device they run."""
    state, colour = state_of(view.status, len(view.running))
    several = len(view.running) > 1
    blocks: list[Block] = [Text(heading(state, server_name))]
    blocks += [Text(running_lines(one, device=several)) for one in view.running[:MAX_RUNNING]]
    blocks += more_running(len(view.running) - MAX_RUNNING)
    if view.upcoming is not None:
        upcoming = view.upcoming
        prompt = quoted(upcoming.recipe.prompt if upcoming.recipe else None, 80)
        blocks.append(
            Text(dotted(f"**Next** #{upcoming.number}", prompt, f"queued {ago(upcoming.created_at)}"))
        )
    blocks += [Separator(), Text(_counts(view.status)), *(Text(words) for words in _remarks(view))]
    return Panel(colour, (*blocks, _buttons(view.status)))


def state_of(status: QueueStatus, running: int) -> tuple[str, Colour]:
    """What the queue does, in a line. `running`: how many jobs are known to run, if the counts lag behind."""
    count = max(running, status.in_progress)
    waiting = f"{many(status.pending, 'job')} waiting" if status.pending else "nothing waiting"
    if status.paused:
        after = f" after the running job{'s' if count > 1 else ''}" if count else ""
        return f"⏸️ Paused{after} · {waiting}", Colour.WARNING
    if count:
        return f"{f'{count:,} running' if count > 1 else 'Running'} · {waiting}", Colour.RUNNING
    if status.pending:
        return f"About to start · {waiting}", Colour.RUNNING
    return f"Idle · {waiting}", Colour.CANCELED


def running_lines(running: RunningJob, *, device: bool) -> str:
    """Up to three lines: number and prompt; bar and step; since when, how long such jobs take, on what.

    Nothing in them changes with the mere passing of time.
    """
    job, progress, usual = running.job, running.progress, running.usual
    recipe = job.recipe
    first = dotted(f"▶️ **#{job.number}**", quoted(recipe.prompt if recipe else None, 120))
    second = ""
    if progress is not None and progress.number == job.number:
        second = dotted(bar(progress.share), line(progress.message, 60))
    third = dotted(
        f"started {ago(job.started_at)}" if job.started_at else "",
        f"usually {duration(usual)}" if usual is not None and usual > MIN_TOLD else "",
        line(recipe.model if recipe else None, 60),
        line(job.device, 40) if device else "",
    )
    return "\n".join(part for part in (first, second, third) if part)


def more_running(count: int) -> list[Text]:
    """That so many more jobs run than are shown."""
    return [Text(f"and {many(count, 'more running job')}")] if count > 0 else []


def bar(share: float | None) -> str:
    """`▰▰▰▰▰▱▱▱▱▱ 52 %`; empty when InvokeAI does not tell."""
    if share is None or share != share:  # noqa: PLR0124 - only NaN differs from itself
        return ""
    share = min(1.0, max(0.0, share))
    full = int(share * _BAR)
    return f"{'▰' * full}{'▱' * (_BAR - full)} {int(share * 100)} %"


def heading(words: str, server_name: str | None) -> str:
    return "### " + dotted(words, line(server_name, 40))


def _counts(status: QueueStatus) -> str:
    shown = [
        (JobStatus.COMPLETED, status.completed, "done"),
        (JobStatus.FAILED, status.failed, "failed"),
        (JobStatus.CANCELED, status.canceled, "canceled"),
    ]
    if status.waiting:
        shown.append((JobStatus.WAITING, status.waiting, "waiting for another job"))
    return DOT.join(f"{ICONS[each]} {count:,} {word}" for each, count, word in shown)


def _remarks(view: QueueView) -> list[str]:
    remarks: list[str] = []
    if view.held is not None:
        remarks.append(f"⏸️ {held_line(view.held)}")
    if view.pending_notices > 0:
        remarks.append(f"📮 {many(view.pending_notices, 'notice')} not delivered yet")
    if view.suspended > 0:
        remarks.append(f"⚠️ {many(view.suspended, 'channel')} suspended: see /notify show")
    if view.dead_letters > 0:
        count = many(view.dead_letters, "notice")
        remarks.append(f"⚠️ {count} could not be delivered: see `invokeai-discord outbox list`")
    if view.doubtful_queue:
        remarks.append("⚠️ No job was found in this queue. Is INVOKEAI\\_QUEUE\\_ID spelt right?")
    if not view.sees_all:
        remarks.append("-# This account sees only its own jobs.")
    if view.info is not None and line(view.info.version, 40):
        remarks.append(f"-# InvokeAI {line(view.info.version, 40)}")
    return remarks


def _buttons(status: QueueStatus) -> ActionRow:
    steer = actions.RESUME if status.paused else actions.PAUSE
    return ActionRow(
        (buttons.of_queue(steer, status.server), buttons.of_queue(actions.REFRESH, status.server))
    )


def held_line(pause: HeldPause) -> str:
    """`Paused until <t:…:t> (<t:…:R>) · by <@7> · “lunch”`."""
    if pause.after_batch is not None:
        begins = "Pauses after this batch"
    elif pause.until is None:
        begins = "Paused until somebody resumes"
    else:
        begins = "Paused"
    until = ""
    if pause.until is not None:
        until = f" until <t:{int(pause.until.timestamp())}:t> ({ago(pause.until)})"
    reason = line(pause.reason, 200)
    return dotted(begins + until, f"by <@{pause.user_id}>", f"“{reason}”" if reason else "")


def with_pause(panel: Panel, pause: HeldPause | None) -> Panel:
    """The panel, and below it what is held; nothing for a pause without end and reason."""
    if pause is None or (pause.until, pause.reason, pause.after_batch) == (None, None, None):
        return panel
    return replace(panel, blocks=(*panel.blocks, Text(held_line(pause))))


def pauses_later(pause: HeldPause) -> Panel:
    return Panel(Colour.WARNING, (Text(f"⏳ {held_line(pause)}"),))


def called_off() -> Panel:
    return Panel(Colour.RUNNING, (Text("▶️ The pause after this batch is called off."),))
