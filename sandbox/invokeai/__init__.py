"""An InvokeAI 6.14.2 to try the bot in and to test it against. It draws its own pictures, without a model."""

from sandbox.invokeai.faults import Fault
from sandbox.invokeai.server import Access, SandboxInvokeAI

__all__ = ["Access", "Fault", "SandboxInvokeAI"]
