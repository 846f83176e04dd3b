"""What people may ask of a queue. Answers say what is, re-read from InvokeAI after each change."""

from bot.controls.pauses import Paused, Pauses
from bot.controls.queue import Controls
from bot.controls.results import Reach, RetryScope, Scope
from bot.controls.retrying import RETRIABLE

__all__ = ["RETRIABLE", "Controls", "Paused", "Pauses", "Reach", "RetryScope", "Scope"]
