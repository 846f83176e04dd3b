"""invokeai-discord: the core. `cogs` stands on it, `sandbox` beside it."""

__version__ = "0.1.0"
