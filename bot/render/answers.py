"""One sentence that says what is, after somebody steered the queue."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import actions
from bot.domain.creation import Again, Smaller, Submitted
from bot.domain.jobs import Board, Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.images.picture import size
from bot.render import buttons
from bot.render.job_numbers import numbers_in_runs
from bot.render.message import ActionRow, Attachment, Block, Colour, File, Panel, Text
from bot.render.outputs import many_files, word_for
from bot.render.panels import listed, one_sentence
from bot.render.questions import numbers
from bot.render.text import cut, line, many, paragraph


def canceled_job(before: Job, after: Job) -> Panel:
    """`before` and `after` are the same job, read from InvokeAI around the cancel."""
    name = f"#{after.number}"
    if before.status.finished:
        return one_sentence(
            f"{name} had already ended: it is {after.status}. Nothing was changed.", Colour.WARNING
        )
    if after.status is not JobStatus.CANCELED:
        return one_sentence(f"{name} was quicker than the cancel: it is {after.status}.", Colour.WARNING)
    if before.status is JobStatus.IN_PROGRESS:
        return one_sentence(f"{name} is canceled. It stops after the current step.", Colour.CANCELED)
    return one_sentence(f"{name} is canceled. It had not started.", Colour.CANCELED)


def canceled_many(count: int, status: QueueStatus) -> Panel:
    """`count` jobs were canceled; `status` is how the queue is now."""
    if not count:
        return one_sentence(f"There was nothing to cancel. {_left(status)}", Colour.WARNING)
    return one_sentence(f"{_are(count)} canceled. {_left(status)}", Colour.CANCELED)


def cleared(count: int, status: QueueStatus) -> Panel:
    """`count` jobs were removed, those that ran too; `status` is how the queue is now."""
    if not count:
        return one_sentence(f"There was nothing to clear. {_all_left(status)}", Colour.WARNING)
    return one_sentence(f"{_are(count)} cleared. {_all_left(status)}", Colour.CANCELED)


def pruned(count: int, status: QueueStatus) -> Panel:
    """`count` finished jobs were removed; `status` is how the queue is now."""
    if not count:
        return one_sentence(f"There was nothing to prune. {_all_left(status)}", Colour.WARNING)
    return one_sentence(f"{_are(count)} pruned. {_all_left(status)}", Colour.CANCELED)


def kept() -> Panel:
    return one_sentence("Nothing was changed.", Colour.CANCELED)


def retried(before: Job, after: Job | None, *, freed: bool = False, moved: int | None = None) -> Panel:
    """`after` is the new job; None if it can't be told from others. `freed`: the VRAM, before. `moved`: the
    number under which it runs next.
    """
    if moved is not None:
        return one_sentence(f"#{before.number} is queued again as #{moved}, and runs next.")
    name = f" as #{after.number}" if after else ""
    first = "The models that were not in use are unloaded. " if freed else ""
    return one_sentence(f"{first}#{before.number} is queued again{name}.")


def smaller(number: int, done: Smaller, status: QueueStatus) -> Panel:
    """That job was asked for again with fewer pixels."""
    (width, height), (was_wide, was_tall) = done.now, done.before
    sizes = f" at {width} × {height} instead of {was_wide} × {was_tall}"
    return one_sentence(f"{_again(number, done.submitted, sizes)} {_left(status)}", Colour.RUNNING)


def retried_batch(job: Job, failed: int, taken: int, new: Sequence[int], status: QueueStatus) -> Panel:
    """Of the `failed` jobs of that job's batch InvokeAI took `taken`; `new` are their new numbers."""
    names = ""
    if new:
        names = f" as #{new[0]}" if len(new) == 1 else f" as #{new[0]} to #{new[-1]}"
    if taken < failed:
        words = f"{taken:,} of {many(failed, 'failed job')} of #{job.number}'s batch"
        return one_sentence(
            f"{words} are queued again{names}; the queue has no room for more. {_left(status)}",
            Colour.WARNING,
        )
    words = f"{many(taken, 'failed job')} of #{job.number}'s batch"
    return one_sentence(f"{words} {'is' if taken == 1 else 'are'} queued again{names}. {_left(status)}")


def again(number: int, done: Again, status: QueueStatus) -> Panel:
    """That job was asked for again with new seeds, once at least."""
    words = _again(number, done.submitted, _with(done.seeds))
    if not done.seeds:
        words += " It has no seed that could be set."
    return one_sentence(f"{words} {_left(status)}", Colour.RUNNING)


def _again(number: int, done: Submitted, how: str) -> str:
    """`#812 is queued again 3 times as #813 to #815 with …`, or as far as it is its turn."""
    jobs, sent = done.submission.jobs, done.submission.sent
    times = "" if jobs == 1 else f" {jobs} times"
    if not sent:
        return f"#{number} will be queued again{times}{how} when your turn comes."
    if sent < jobs:
        now = numbers_in_runs(done.numbers) if done.numbers else f"{sent}"
        more = "1 more follows" if jobs - sent == 1 else f"{jobs - sent} more follow"
        return f"#{number} is queued again{times}{how}: {now} now, {more}."
    return f"#{number} is queued again{times}{_as(done.numbers)}{how}."


def next_one(number: int, new: int | None) -> Panel:
    """That job was put in front of all that wait, under a new number where InvokeAI tells it."""
    name = f", as #{new}" if new is not None else ""
    return one_sentence(f"#{number} runs next{name}. The old one is canceled.", Colour.RUNNING)


def starred(job: Job, count: int, *, starred: bool) -> Panel:
    """`count` of the job's images are as asked now, the others are gone. With the button for the way back."""
    word, back = ("starred", actions.UNSTAR) if starred else ("not starred any more", actions.STAR)
    told = _of_images(job, count, f"{word} in InvokeAI")
    if not count:
        return told
    row = ActionRow((buttons.of_job(back, job.server, job.number),))
    return replace(told, blocks=(*told.blocks, row))


def deleted_images(job: Job, count: int) -> Panel:
    """`count` of the job's images were there and are deleted; our posts keep them."""
    return _of_images(job, count, "deleted in InvokeAI")


def deleted_everywhere(job: Job, count: int, posts: int, failed: Sequence[tuple[int, str]] = ()) -> Panel:
    """As `deleted_images`, and `posts` messages no longer show them. `failed`: the channel of each message
    that could not be edited, and why.
    """
    word, it = word_for(job.images), "it"
    are = f"{word} is"
    if len(job.images) > 1:
        are, it = f"{word}s are", "them"
    gone = f"The {are} deleted in InvokeAI" if count else f"The {are} no longer in InvokeAI"
    lines = [
        f"{gone}, and {many(posts, 'post')} in Discord no longer {'shows' if posts == 1 else 'show'} {it}."
    ]
    if not posts:
        lines = [f"{gone}. No post in Discord is known to show {it}."]
    if failed:
        left = [f"The post in <#{channel}> could not be edited: {line(why, 120)}" for channel, why in failed]
        lines += [listed(left, "post"), "-# Delete what is left by hand."]
    return Panel(Colour.WARNING if failed or not posts else Colour.DONE, (Text("\n".join(lines)),))


def moved(job: Job, count: int, board: Board) -> Panel:
    return _of_images(job, count, f"on the board “{board.name}” now")


def originals(job: Job, files: Sequence[File], left_out: Sequence[str]) -> Panel:
    """The untouched files, and a sentence (foreign) for each that is left out."""
    blocks: list[Block] = [Attachment(file.name) for file in files]
    text = "\n".join(paragraph(sentence, 300) for sentence in left_out)
    if text:
        blocks.append(Text(cut(text, 1500)))
    head = f"The {'original' if len(job.images) == 1 else 'originals'} of #{job.number}"
    return Panel(Colour.WARNING if left_out else Colour.DONE, (Text(head), *blocks), tuple(files))


def documents(job: Job, files: Sequence[File], left_out: Sequence[str]) -> Panel:
    """What InvokeAI keeps of the job, as files, and a sentence for each that is left out."""
    blocks: list[Block] = [Attachment(file.name) for file in files]
    if left_out:
        blocks.append(Text("\n".join(left_out)))
    head = f"What InvokeAI keeps of #{job.number}"
    return Panel(Colour.WARNING if left_out else Colour.DONE, (Text(head), *blocks), tuple(files))


def document_too_large(name: str, there: int, limit: int) -> str:
    """Why a document does not come: its bytes, and how many Discord takes."""
    return f"{name}.json has {size(there)}; Discord takes {size(limit)} here."


def too_large(place: int, job: Job, there: int | None, limit: int) -> str:
    """Why an original does not come as an attachment: its bytes, and how many Discord takes."""
    which = f"{word_for(job.images).capitalize()} {place + 1}" if len(job.images) > 1 else "The original"
    large = f"is {size(there)}" if there is not None else "is too large"
    return f"{which} {large}; Discord takes {size(limit)} here. It lies in InvokeAI's gallery."


def paused(before: QueueStatus, after: QueueStatus, running: Sequence[Job]) -> Panel:
    """`running` are the jobs that may still finish."""
    if not after.paused:
        return one_sentence("InvokeAI did not pause. Try again.", Colour.WARNING)
    word = "The queue was paused already" if before.paused else "The queue is paused"
    rest = f" {numbers(running)} will finish; nothing new will start." if running else ""
    return one_sentence(f"⏸️ {word}.{rest} {_left(after)}", Colour.WARNING)


def resumed(before: QueueStatus, after: QueueStatus) -> Panel:
    if after.paused:
        return one_sentence("InvokeAI did not resume. Try again.", Colour.WARNING)
    word = "The queue runs again" if before.paused else "The queue was not paused"
    return one_sentence(f"▶️ {word}. {_left(after)}", Colour.RUNNING)


def _as(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    if len(numbers) == 1:
        return f" as #{numbers[0]}"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f" as #{numbers[0]} to #{numbers[-1]}"
    return f" as {', '.join(f'#{number}' for number in numbers)}"


def _with(seeds: Sequence[int]) -> str:
    if not seeds:
        return ""
    return f" with the seed{'s' if len(seeds) > 1 else ''} {', '.join(str(seed) for seed in seeds)}"


def _of_images(job: Job, count: int, are: str) -> Panel:
    """`1 of 3 images of #812 is …; the others are gone`."""
    total, word = len(job.images), word_for(job.images)
    if not count:
        gone = f"{word} is" if total == 1 else f"{word}s are"
        return one_sentence(
            f"#{job.number}'s {gone} gone from InvokeAI. Nothing was changed.", Colour.WARNING
        )
    verb = "is" if count == 1 else "are"
    if count < total:
        what = f"{count} of {total} {word}s of #{job.number} {verb} {are}; the others are gone."
        return one_sentence(what, Colour.WARNING)
    return one_sentence(
        f"{many_files(job.images) if count > 1 else f'The {word}'} of #{job.number} {verb} {are}.",
        Colour.DONE,
    )


def _are(count: int) -> str:
    return f"{many(count, 'job')} {'is' if count == 1 else 'are'}"


def _all_left(status: QueueStatus) -> str:
    finished, waiting, running = status.finished, status.not_started, status.in_progress
    return f"Left: {waiting or 'none'} waiting, {running or 'none'} running, {finished or 'none'} finished."


def _left(status: QueueStatus) -> str:
    return f"{status.pending or 'No'} waiting, {status.in_progress or 'none'} running."


def freed(status: QueueStatus) -> Panel:
    """InvokeAI dropped the models that were not in use."""
    if status.in_progress:
        return one_sentence("The models that were not in use are unloaded. The running job keeps its own.")
    if status.paused or not status.pending:
        return one_sentence("The models are unloaded: the graphics card is free until the next job.")
    return one_sentence(
        "The models are unloaded. The next job loads its own again: /pause keeps the card free."
    )
