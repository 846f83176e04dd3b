"""What several InvokeAI do, in a few lines for a phone: those that run first, the idle ones in one line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.queue import QueueView
from bot.render.message import Colour, Text
from bot.render.queue_panel import held_line, more_running, percent, running_lines, state_of
from bot.render.text import dotted, line

Queues = Mapping[str, QueueView | None]
"""By their servers' names; None: it does not answer."""
MAX_DETAILED = 5
"""Servers at work with a line or two for what runs there; of further ones a short line each."""
MAX_BRIEF = 8
MAX_NAMED = 8
"""Names in the line of those that are idle."""
MAX_JOBS = 3


def summary(queues: Queues) -> str:
    """`3 running · 24 waiting`."""
    known = [view for view in queues.values() if view is not None]
    if not known:
        return "⚠️ No InvokeAI answers"
    running, waiting = sum(map(_running, known)), sum(view.status.pending for view in known)
    if not running and not waiting:
        return "All are idle" if len(known) == len(queues) else "Nothing runs"
    return dotted(
        f"{running:,} running" if running else "Nothing runs",
        f"{waiting:,} waiting" if waiting else "nothing waiting",
    )


def colour(queues: Queues) -> Colour:
    views = queues.values()
    if any(view is not None and _running(view) for view in views):
        return Colour.RUNNING
    trouble = any(view is None or (view.status.paused and view.status.unfinished) for view in views)
    return Colour.WARNING if trouble else Colour.CANCELED


def rows(queues: Queues) -> list[Text]:
    """Those at work, what runs there; the others by name, in a line for each of their states."""
    busy = in_order(queues)
    each = min(MAX_JOBS, max(1, MAX_DETAILED // len(busy))) if busy else 0
    blocks = [Text(_detailed(name, view, each)) for name, view in busy[:MAX_DETAILED]]
    brief = [_brief(name, view) for name, view in busy[MAX_DETAILED : MAX_DETAILED + MAX_BRIEF]]
    more = len(busy) - MAX_DETAILED - MAX_BRIEF
    if more > 0:
        brief.append(f"and {more} more at work")
    quiet = {name: view for name, view in queues.items() if view is None or not view.status.unfinished}
    away = [name for name, view in quiet.items() if view is None]
    paused = [name for name, view in quiet.items() if view is not None and view.status.paused]
    idle = [name for name, view in quiet.items() if view is not None and not view.status.paused]
    lines = (
        f"⚠️ **{_listed(away)}** {'does' if len(away) == 1 else 'do'} not answer" if away else "",
        f"⏸️ Paused: {_listed(paused)}" if paused else "",
        f"-# Idle: {_listed(idle)}" if idle else "",
    )
    blocks += [Text("\n".join(part)) for part in (brief, [one for one in lines if one]) if part]
    return blocks


def in_order(queues: Queues) -> list[tuple[str, QueueView]]:
    """Those that have something to do; those that run it first."""
    busy = [(name, view) for name, view in queues.items() if view is not None and view.status.unfinished]
    return sorted(busy, key=lambda one: not _running(one[1]))


def _running(view: QueueView) -> int:
    return max(view.status.in_progress, len(view.running))


def _detailed(name: str, view: QueueView, most: int) -> str:
    """`**studio** · Running · 3 waiting`, and two lines for each of the first jobs that run."""
    state, _ = state_of(view.status, len(view.running), view.empty_at)
    shown = view.running[:most]
    lines = [dotted(f"**{line(name, 40)}**", state)]
    lines += [running_lines(one, device=_running(view) > 1) for one in shown]
    if shown:
        lines += [text.body for text in more_running(_running(view) - len(shown))]
    if view.held is not None:
        lines.append(held_line(replace(view.held, reason=None), paused=view.status.paused))
    return "\n".join(lines)


def _brief(name: str, view: QueueView) -> str:
    """`▶️ **attic** · #812 · 52 % · 3 waiting`."""
    first = next(iter(view.running), None)
    progress = first.progress if first is not None else None
    return dotted(
        f"{'⏸️' if view.status.paused else '▶️'} **{line(name, 40)}**",
        f"#{first.job.number}" if first is not None else "",
        percent(progress.share) if progress is not None else "",
        f"{view.status.pending:,} waiting" if view.status.pending else "",
    )


def _listed(names: Sequence[str]) -> str:
    """`attic, loft and 12 more`."""
    shown = ", ".join(line(name, 40) for name in names[:MAX_NAMED])
    return f"{shown} and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else shown
