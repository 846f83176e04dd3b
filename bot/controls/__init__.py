"""What people may ask of a queue. Answers say what is, re-read from InvokeAI after each change."""

from bot.controls.controls import Controls
from bot.controls.outcomes import Reach, RetryScope, Scope
from bot.controls.pausing import Paused, Pausing
from bot.controls.retrying import RETRIABLE

__all__ = ["RETRIABLE", "Controls", "Paused", "Pausing", "Reach", "RetryScope", "Scope"]
