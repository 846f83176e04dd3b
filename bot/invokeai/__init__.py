"""The border to InvokeAI: above this folder nobody sees its JSON, its verbs or its versions."""

from bot.invokeai.client import InvokeAIClient
from bot.invokeai.socket.client import InvokeAISocket
from bot.invokeai.socket.events import Connected, Disconnected, JobChanged, QueueChanged, SocketEvent

__all__ = [
    "Connected",
    "Disconnected",
    "InvokeAIClient",
    "InvokeAISocket",
    "JobChanged",
    "QueueChanged",
    "SocketEvent",
]
