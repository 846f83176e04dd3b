"""What a notice of finished images may tell beside its jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.jobs import Job
from bot.render.text import dotted, line


@dataclass(frozen=True, slots=True)
class NoticeContext:
    """`several_devices`: the server has more than one GPU. `page`: where people reach InvokeAI's own page."""

    several_devices: bool = False
    page: str | None = None


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
