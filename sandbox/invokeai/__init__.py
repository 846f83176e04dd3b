"""An InvokeAI to try the bot in and to test it against. It draws its own pictures, without a model."""

from sandbox.invokeai.accounts import Account
from sandbox.invokeai.faults import Fault
from sandbox.invokeai.server import Access, SandboxInvokeAI
from sandbox.invokeai.versions import VERSIONS

__all__ = ["VERSIONS", "Access", "Account", "Fault", "SandboxInvokeAI"]
