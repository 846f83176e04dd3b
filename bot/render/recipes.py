"""A job's recipe and times, in lines that fit a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.jobs import Job, JobStatus, Lora, Recipe
from bot.render.message import Colour
from bot.render.text import Spoiler, dotted, duration, line, paragraph, quoted

MAX_LINE_PROMPT = 80
_MAX_PROMPT = 1200
_MAX_LORAS = 4
_WORTH_TELLING = timedelta(seconds=1)


def recipe_lines(recipe: Recipe | None, *, size: tuple[int, int] | None = None) -> list[str]:
    """`Juggernaut XL v9 · 1024 × 1024`, `30 steps · CFG 7.5 · euler · seed 1234`, `LoRA Fur 0.8 · Snow 1`.

    Only what is known. `size`: the file's own.
    """
    recipe = recipe or Recipe()
    first = [f"**{line(recipe.model, 80)}**" if line(recipe.model, 80) else "", _size(recipe, size)]
    second = [
        f"{recipe.steps} steps" if recipe.steps is not None else "",
        f"CFG {recipe.cfg_scale:g}" if recipe.cfg_scale is not None else "",
        line(recipe.scheduler, 40),
        f"seed `{recipe.seed}`" if recipe.seed is not None else "",
    ]
    return [joined for joined in (dotted(*first), dotted(*second), _loras(recipe.loras)) if joined]


def _size(recipe: Recipe, own: tuple[int, int] | None) -> str:
    """`1024 × 768`; `256 × 256 (generated at 512 × 512)` for a file that was made smaller or larger then."""
    made = (recipe.width, recipe.height) if recipe.width and recipe.height else None
    told = own or made
    if told is None:
        return ""
    other = f" (generated at {made[0]} × {made[1]})" if made and made != told else ""
    return f"{told[0]} × {told[1]}{other}"


def size_of(jobs: Sequence[Job]) -> tuple[int, int] | None:
    """The size that all pictures and videos of these jobs have; None if they differ, or one's is unknown."""
    sizes = {each.size for job in jobs for each in job.outputs if each.name is not None}
    return sizes.pop() if len(sizes) == 1 else None


def shared_recipe(jobs: Sequence[Job]) -> Recipe:
    """What the recipes of all jobs (one or more) have in common; without negative prompts and seeds."""
    recipes = [job.recipe or Recipe() for job in jobs]
    first = recipes[0]

    def same(name: str) -> bool:
        return all(getattr(each, name) == getattr(first, name) for each in recipes)

    sized = same("width") and same("height")
    return Recipe(
        prompt=first.prompt if same("prompt") else None,
        model=first.model if same("model") else None,
        width=first.width if sized else None,
        height=first.height if sized else None,
        steps=first.steps if same("steps") else None,
        cfg_scale=first.cfg_scale if same("cfg_scale") else None,
        scheduler=first.scheduler if same("scheduler") else None,
        loras=first.loras if same("loras") else (),
    )


def _loras(loras: Sequence[Lora]) -> str:
    named = [(line(each.name, 40), each.weight) for each in loras[:_MAX_LORAS]]
    shown = [f"{name} {weight:.3g}" if weight is not None else name for name, weight in named if name]
    more = f"{len(loras) - _MAX_LORAS} more" if len(loras) > _MAX_LORAS else ""
    return f"LoRA {dotted(*shown, more)}" if shown else ""


def open_prompt(job: Job) -> str | None:
    """The prompt for where no bars can stand around a spoiler; None if it is one."""
    prompt = job.recipe.prompt if job.recipe else None
    return None if isinstance(prompt, Spoiler) else prompt


def prompt_on_line(job: Job) -> str:
    """The prompt between quotation marks, cut for a lock screen; empty if there is none to show."""
    return quoted(job.recipe.prompt if job.recipe else None, MAX_LINE_PROMPT)


def prompt_below(job: Job) -> str:
    """The prompt whole, where the line had to cut it."""
    prompt = job.recipe.prompt if job.recipe else None
    if quoted(prompt, MAX_LINE_PROMPT) == quoted(prompt, _MAX_PROMPT):
        return ""
    return paragraph(prompt, _MAX_PROMPT)


def part_of(job: Job) -> str:
    return f"part of #{job.parent}" if job.parent is not None else ""


def times(job: Job) -> str:
    """`waited 3.1 s · ran 8.6 s`; only what is known and took time, no markdown."""
    return dotted(waited(job), f"ran {duration(job.ran)}" if job.ran is not None else "")


def waited(job: Job) -> str:
    """`waited 3.1 s`; empty for less than a second."""
    length = job.started_at - job.created_at if job.started_at else timedelta(0)
    return f"waited {duration(length)}" if length >= _WORTH_TELLING else ""


ICONS = {
    JobStatus.PENDING: "⏳",
    JobStatus.IN_PROGRESS: "▶️",
    JobStatus.WAITING: "🔗",
    JobStatus.COMPLETED: "✅",
    JobStatus.FAILED: "❌",
    JobStatus.CANCELED: "🚫",
    JobStatus.UNKNOWN: "❔",
}
WORDS = {
    JobStatus.PENDING: "waiting",
    JobStatus.IN_PROGRESS: "running",
    JobStatus.WAITING: "waiting for another job",
    JobStatus.COMPLETED: "done",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELED: "canceled",
    JobStatus.UNKNOWN: "in a state that this bot does not know",
}
NONE_OF = {
    JobStatus.PENDING: "No job is waiting.",
    JobStatus.IN_PROGRESS: "No job is running.",
    JobStatus.WAITING: "No job is waiting for another job.",
    JobStatus.COMPLETED: "No job is done yet.",
    JobStatus.FAILED: "No job has failed.",
    JobStatus.CANCELED: "No job was canceled.",
    JobStatus.UNKNOWN: "No job is in an unknown state.",
}
COLOURS = {
    JobStatus.PENDING: Colour.RUNNING,
    JobStatus.IN_PROGRESS: Colour.RUNNING,
    JobStatus.WAITING: Colour.RUNNING,
    JobStatus.COMPLETED: Colour.DONE,
    JobStatus.FAILED: Colour.FAILED,
    JobStatus.CANCELED: Colour.CANCELED,
    JobStatus.UNKNOWN: Colour.RUNNING,
}


@dataclass(frozen=True, slots=True)
class NoticeContext:
    """`several_devices`: the server has more than one GPU. `page`: where people reach InvokeAI's own page.
    `server`: its name, where there are several.
    """

    several_devices: bool = False
    page: str | None = None
    server: str | None = None


NOWHERE = NoticeContext()


def whose(jobs: Sequence[Job], around: NoticeContext) -> str:
    """`by alice · on cuda:1`, as far as all of these jobs (one or more) have it in common."""
    users = {line(job.user, 60) for job in jobs}
    devices = {line(job.device, 40) for job in jobs} if around.several_devices else {""}
    [user] = users if len(users) == 1 else [""]
    [device] = devices if len(devices) == 1 else [""]
    return dotted(f"by {user}" if user else "", f"on {device}" if device else "")


def link(around: NoticeContext) -> str:
    return f"[Open InvokeAI]({around.page})" if around.page else ""
