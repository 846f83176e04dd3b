"""A strict Discord over the wire: REST and gateway, on one port of this machine.

An unmodified bot talks to it once its API and gateway addresses point here. What Discord refuses, it
refuses, in Discord's own error shape. It is written after Discord's documentation and is not Discord.
"""

from sandbox.discord.server import SandboxDiscord

__all__ = ["SandboxDiscord"]
