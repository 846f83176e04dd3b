"""The border to InvokeAI: above this folder nobody sees its JSON, its verbs or its versions."""

from bot.invokeai.client import InvokeAIClient
from bot.invokeai.signals import Connected, Disconnected, JobChanged, QueueChanged, SocketEvent
from bot.invokeai.socket import InvokeAISocket

__all__ = [
    "Connected",
    "Disconnected",
    "InvokeAIClient",
    "InvokeAISocket",
    "JobChanged",
    "QueueChanged",
    "SocketEvent",
]
