"""The options that depend on how many InvokeAIs there are: `server`, and those that name a job."""

# discord.py makes a command's parameters from its signature, and offers no way to change them later:
# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001

from copy import copy
from typing import TYPE_CHECKING, Any

from discord import AppCommandOptionType, app_commands

from bot.domain.job_address import JobAddress, job_address

SERVER = "server"
MAX_SERVER = 20
MAX_ADDRESS = 50


class JobOption(app_commands.Transformer):
    """A job's number; where there are several InvokeAIs a text that may name one of them as well."""

    @property
    def max_value(self) -> int:
        return MAX_ADDRESS

    async def transform(self, interaction: Any, value: Any, /) -> JobAddress:  # noqa: ARG002 - discord.py's
        return job_address(str(value))


if TYPE_CHECKING:
    JobNumber = JobAddress
else:
    JobNumber = app_commands.Transform[JobAddress, JobOption]

ServerName = app_commands.Range[str, 1, MAX_SERVER]


def fit_options(tree: app_commands.CommandTree[Any], *, several: bool) -> None:
    """With one InvokeAI no command has a `server`, and a job is a whole number."""
    if several:
        return
    for command in tree.walk_commands():
        if isinstance(command, app_commands.Command):
            fitted = {name: _fitted(each) for name, each in command._params.items() if name != SERVER}
            command._params = fitted


def _fitted(parameter: Any) -> Any:
    if not isinstance(parameter._annotation, JobOption):
        return parameter
    number = copy(parameter)
    number.type, number.min_value, number.max_value = AppCommandOptionType.integer, 1, None
    return number
