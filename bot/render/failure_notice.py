"""One job failed, or several alike: what happened and what helps, in plain words where the cause is known."""

from collections.abc import Sequence

from bot.domain.events import JobEvent
from bot.domain.failure_catalogue import Plain
from bot.domain.failures import causes, explain
from bot.domain.jobs import Failure
from bot.render import buttons
from bot.render.headline import headline
from bot.render.job_numbers import numbers_in_runs
from bot.render.message import Colour, Embed, Notice
from bot.render.recipes import part_of, prompt_below, prompt_on_line, recipe_lines, times
from bot.render.text import line
from bot.render.tracebacks import traceback_block, traceback_file

_MAX_TYPE, _MAX_MESSAGE = 40, 50
_MAX_CAUSE = 200
SIGN = "❌"


def failed(event: JobEvent, numbers: Sequence[int] = (), *, server_name: str | None = None) -> Notice:
    """A known cause has its name on the line and no traceback; another one brings the traceback's end to read
    and the whole of it as a file.

    `numbers`: all jobs that failed like that, this one included, if there are several.
    """
    job = event.job
    server, number = line(server_name, 40), f"#{job.number}"
    waiting = f"{event.pending:,} waiting" if event.pending > 0 else ""
    if job.hidden:
        return Notice(
            *headline(SIGN, "Someone else's job failed", which=number, server=server, after=(waiting,))
        )
    often = len(set(numbers))
    plain = explain(job.failure) if job.failure else None
    title = (plain.title if plain else _title(job.failure)) + (f" × {often}" if often > 1 else "")
    after = (part_of(job), "" if often > 1 else waiting)
    content, mark = headline(SIGN, title, prompt_on_line(job), which=number, server=server, after=after)
    jobs = f"Failed: {numbers_in_runs(numbers)}" if often > 1 else ""
    about = (jobs, prompt_below(job), *recipe_lines(job.recipe))
    parts = (*_known(plain, job.failure), *about) if plain else (*about, traceback_block(job.failure, 1000))
    embed = Embed(
        Colour.FAILED, description="\n".join(part for part in parts if part), footer=times(job) or None
    )
    file = traceback_file(job) if plain is None else None
    rows = buttons.failures(job, job.server, often) if often > 1 else buttons.rows(job, job.server)
    return Notice(content, mark, (embed,), (file,) if file else (), rows)


def _title(failure: Failure | None) -> str:
    """Of a cause that is not known the error's type and the first line of its message."""
    kind = line(failure.error_type, _MAX_TYPE) if failure else ""
    if failure is None or not kind:
        return "Failed: InvokeAI gave no reason"
    message = line(_said(failure), _MAX_MESSAGE)
    return f"Failed: {kind}" + (f": {message}" if message else "")


def _known(plain: Plain, failure: Failure | None) -> tuple[str, ...]:
    """What happened, what helps, and what the error itself said, such as which model is missing."""
    cause = "" if plain.vram or failure is None else line(_cause(failure), _MAX_CAUSE)
    return f"**{plain.sentence}**", plain.fix, f"-# {cause}" if cause else ""


def _cause(failure: Failure) -> str:
    found = causes(failure.traceback)
    return str(found[-1]) if found else f"{failure.error_type}: {_said(failure)}"


def _said(failure: Failure) -> str:
    return failure.message.strip().partition("\n")[0].removeprefix(f"{failure.error_type}:").strip()
