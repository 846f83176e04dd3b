"""How a job's status looks and is called."""

from bot.domain.jobs import JobStatus
from bot.render.message import Colour

ICONS = {
    JobStatus.PENDING: "⏳",
    JobStatus.IN_PROGRESS: "▶️",
    JobStatus.WAITING: "🔗",
    JobStatus.COMPLETED: "✅",
    JobStatus.FAILED: "❌",
    JobStatus.CANCELED: "🚫",
}
WORDS = {
    JobStatus.PENDING: "waiting",
    JobStatus.IN_PROGRESS: "running",
    JobStatus.WAITING: "waiting for another job",
    JobStatus.COMPLETED: "done",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELED: "canceled",
}
NONE_OF = {
    JobStatus.PENDING: "No job is waiting.",
    JobStatus.IN_PROGRESS: "No job is running.",
    JobStatus.WAITING: "No job is waiting for another job.",
    JobStatus.COMPLETED: "No job is done yet.",
    JobStatus.FAILED: "No job has failed.",
    JobStatus.CANCELED: "No job was canceled.",
}
COLOURS = {
    JobStatus.PENDING: Colour.RUNNING,
    JobStatus.IN_PROGRESS: Colour.RUNNING,
    JobStatus.WAITING: Colour.RUNNING,
    JobStatus.COMPLETED: Colour.DONE,
    JobStatus.FAILED: Colour.FAILED,
    JobStatus.CANCELED: Colour.CANCELED,
}
