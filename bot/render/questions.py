"""Questions before something that takes more than one job; the numbers are those of that moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain import actions
from bot.domain.actions import Action, ButtonStyle
from bot.domain.jobs import Board, Job
from bot.domain.limits import COUNTS, MAX_INPUT, MAX_OPTION_NAME, MAX_OPTIONS
from bot.domain.queue import QueueStatus, WaitingBatch
from bot.render.custom_ids import AnswerButton, Asked, JobButton, encode
from bot.render.message import (
    ActionRow,
    Block,
    Button,
    Colour,
    Input,
    Menu,
    MenuOption,
    Modal,
    Panel,
    Text,
)
from bot.render.outputs import many_files
from bot.render.queue_panel import batches_in_words
from bot.render.text import bare, clock, dotted, many, plain, quoted, units

MAX_PROMPTS = 2
NAMED = 3
"""So many running jobs are called by their numbers; more are counted."""
_COMMANDS = {actions.CLEAR: "/clear", actions.PRUNE: "/prune"}


def clear(status: QueueStatus, running: Sequence[Job], asked: Asked) -> Panel:
    """What a clear takes: everything."""
    waiting, finished = status.not_started, status.finished
    parts = [f"{count:,} {word}" for count, word in ((waiting, "waiting"), (finished, "finished")) if count]
    noun = "job" if waiting + finished == 1 else "jobs"
    gone = f"Clear {' and '.join(parts)} {noun}" if parts else "Clear the queue"
    cut_off = f", and cancel the running {numbers(running)}" if running else ""
    yes = {"Clear": AnswerButton(actions.CLEAR, status.server, asked)}
    return _question(f"{gone}{cut_off}?", "Pictures stay in the gallery.", yes, keep="Keep the queue")


def prune(status: QueueStatus, asked: Asked) -> Panel:
    """What a prune takes: all that has ended."""
    shown = [(status.completed, "done"), (status.failed, "failed"), (status.canceled, "canceled")]
    parts = ", ".join(f"{count:,} {word}" for count, word in shown if count)
    finished = many(status.finished, "finished job")
    hint = "Waiting and running jobs stay, and so do pictures."
    yes = {"Prune": AnswerButton(actions.PRUNE, status.server, asked)}
    return _question(f"Prune {finished}: {parts}?", hint, yes)


@dataclass(frozen=True, slots=True)
class Cancelable:
    """Jobs that a cancel would take; `job` is the one that names their batch or their destination.

    `batches`: of those that wait the next ones, as far as they were read. `first`: the first of a
    batch or of a destination, for their prompts.
    """

    server: str
    running: int
    waiting: int
    job: Job | None = None
    batches: tuple[WaitingBatch, ...] = ()
    first: tuple[Job, ...] = ()

    @property
    def count(self) -> int:
        return self.running + self.waiting


def cancel(action: Action, those: Cancelable, asked: Asked) -> Panel:
    """Before more than one job is canceled."""
    jobs, job = many(those.count, "job"), those.job
    if action is actions.CANCEL_BATCH and job is not None:
        sentence = f"Cancel {jobs} of #{job.number}'s batch?"
    elif action is actions.CANCEL_DESTINATION and job is not None:
        sentence = f"Cancel {jobs} with #{job.number}'s destination {quoted(job.destination, 80)}?"
    elif action is actions.CANCEL_WAITING:
        sentence = f"Cancel all {those.count:,} waiting jobs?"
    else:
        sentence = f"Cancel all {jobs}?"
    yes = AnswerButton(action, those.server, asked, job.number if job else None)
    told = ((those.running, "running"), (those.waiting, "waiting"))
    parts = ", ".join(f"{count:,} {word}" for count, word in told if count)
    prompts = batches_in_words(those.batches, those.waiting) or _prompts(those.first)
    named = f" ({prompts})" if prompts else ""
    hint = f"{parts}{named}. Finished pictures stay." if parts else ""
    return _question(sentence, hint, {f"Cancel {jobs}": yes})


def _prompts(jobs: Sequence[Job]) -> str:
    """`“harbor” · “lake” · …`: the first ones, each once."""
    shown = dict.fromkeys(quoted(one.recipe.prompt if one.recipe else None, 60) for one in jobs)
    known = [prompt for prompt in shown if prompt]
    return dotted(*known[:MAX_PROMPTS], "…" if len(known) > MAX_PROMPTS else "")


def delete_images(job: Job, asked: Asked) -> Panel:
    """All images of that job, at least one: in InvokeAI, or in Discord as well."""
    images = many_files(job.images)
    them = "them" if len(job.images) > 1 else "it"
    hint = f"InvokeAI can't bring {them} back. Posts in Discord keep {them} unless you delete {them} in both."
    answers = {"In InvokeAI": actions.DELETE, "In both": actions.DELETE_POSTS}
    yes = {label: AnswerButton(action, job.server, asked, job.number) for label, action in answers.items()}
    return _question(f"Delete {images} of #{job.number}?", hint, yes, keep="Keep")


def which_board(job: Job, boards: Sequence[Board]) -> Panel:
    """A menu of the boards, at least one; as many as Discord shows."""
    images = many_files(job.images)
    options = tuple(
        MenuOption(bare(one.name, MAX_OPTION_NAME) or "a board without a name", one.id)
        for one in boards[:MAX_OPTIONS]
    )
    menu = Menu(encode(JobButton(actions.MOVE, job.server, job.number)), "Which board?", options)
    blocks: list[Block] = [Text(f"### Move {images} of #{job.number} to a board")]
    if len(boards) > MAX_OPTIONS:
        blocks.append(
            Text(f"-# The first {MAX_OPTIONS} of {len(boards):,} boards; the others are in InvokeAI.")
        )
    return Panel(Colour.RUNNING, (*blocks, menu))


def tweak(number: int, server: str, prompt: str | None) -> Modal:
    """How often, with which seed, and with which prompt, where it can be told (`prompt` is not None)."""
    inputs = [
        Input("count", "How many images", "1", needed=True, choices=tuple(map(str, COUNTS))),
        Input("seed", "Seed", hint="Empty: a new one for each", longest=10),
    ]
    if prompt is not None and _can_be_typed(prompt):
        inputs.append(Input("prompt", "Prompt", prompt, longest=MAX_INPUT, lines=True))
    custom_id = encode(JobButton(actions.TWEAKED, server, number))
    return Modal(f"Run #{number} again", custom_id, tuple(inputs))


def _can_be_typed(text: str) -> bool:
    """Nothing would be lost in the form: neither length nor a character that Discord would change."""
    return units(text) <= MAX_INPUT and plain(text) == text


def expired(action: Action) -> str:
    """The sentence for a question that stood too long."""
    if action in {actions.DELETE, actions.DELETE_POSTS}:
        return "This question has expired. Press Delete again."
    return f"This question has expired. Ask again with {_COMMANDS.get(action, '/cancel')}."


def _question(sentence: str, hint: str, yes: Mapping[str, AnswerButton], *, keep: str = "Keep them") -> Panel:
    """The safe answer first, then what each label of `yes` does, in red. The words are ours, or escaped."""
    first = next(iter(yes.values()))
    no = Button(keep, encode(AnswerButton(actions.KEEP, first.server, first.asked)))
    row = [Button(label, encode(each), ButtonStyle.DANGER) for label, each in yes.items()]
    small = " ".join(part for part in ("-#", hint, f"Expires at {clock(first.asked.until)}.") if part)
    return Panel(Colour.WARNING, (Text(f"### {sentence}"), Text(small), ActionRow((no, *row))))


def numbers(jobs: Sequence[Job]) -> str:
    """`#812`, `#812, #813 and #814`, `7 jobs`."""
    if len(jobs) > NAMED:
        return many(len(jobs), "job")
    *most, last = [f"#{job.number}" for job in jobs]
    return f"{', '.join(most)} and {last}" if most else last
