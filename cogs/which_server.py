"""Which InvokeAI a command is about: said, clear from channel or job, or asked. Never guessed."""

import asyncio

from bot.controls.server_controls import ServerControls
from bot.discord.replies import reply
from bot.domain.job_address import JobAddress
from bot.domain.jobs import Job
from bot.errors import InvokeAIError, JobUnknown, RequestRefused
from bot.render import which_server
from bot.render.beside_the_loop import rendered
from bot.render.job_list import suggestion
from bot.render.message import Panel
from bot.render.presentation import veiled
from bot.render.which_server import Candidate
from cogs.presses import Interaction
from cogs.visibility import disclosure_here, subscription_here

WHICH = "Which InvokeAI"
LOOK_UP_TIMEOUT = 1.5
"""Seconds: the first answer has to come within three."""
_Found = tuple[ServerControls, Job | None]
"""None: whether that server has the job is not known."""


class ServerUnclear(Exception):
    """Which InvokeAI is meant has to be asked; nothing was done. It ends in `ask_which`."""

    def __init__(self, candidates: list[Candidate]) -> None:
        super().__init__("it isn't clear which InvokeAI is meant")
        self.candidates = candidates


async def meant(
    interaction: Interaction, server: str | None, job: JobAddress | None = None
) -> ServerControls:
    """The InvokeAI of that name, or the only one, or the only one that this channel is about, or that has
    such a job. ServerUnclear otherwise; RequestRefused for a name that none has.
    """
    chosen = await chosen_server(interaction, agreed(server, job))
    if chosen is not None:
        return chosen
    if job is not None:
        return await _having(interaction, job)
    known = interaction.client.servers
    raise ServerUnclear(
        [Candidate(each.server, which_server.about_queue(each.views.state)) for each in known]
    )


def agreed(server: str | None, job: JobAddress | None) -> str | None:
    """The server that is named beside the job, or with it. RequestRefused where these are two."""
    named = job.server if job else None
    if server is not None and named is not None and server.strip().lower() != named:
        raise RequestRefused(f"{job} is not a job of {server}. Leave one of the names out.")
    return named or server


async def chosen_server(interaction: Interaction, server: str | None) -> ServerControls | None:
    """As `meant`; None where it would have to be asked."""
    servers = interaction.client.servers
    if server is not None:
        found = servers.named(server.strip().lower())
        if found is None:
            known = ", ".join(each.server for each in servers)
            raise RequestRefused(f"There is no InvokeAI of that name. There are: {known}.")
        return found
    if not servers.several:
        return servers.first
    here = await subscription_here(interaction)
    only = here.only_server if here is not None else None
    return servers.named(only) if only is not None else None


async def _having(interaction: Interaction, job: JobAddress) -> ServerControls:
    """Each server is asked for the job, at the same time; one that does not answer may have it."""
    looks = [_look(each, job.number) for each in interaction.client.servers]
    found = [one for one in await asyncio.gather(*looks) if one is not None]
    match found:
        case []:
            raise RequestRefused(f"No InvokeAI here has a job {job}.")
        case [(controls, Job())]:
            return controls
        case _:
            raise ServerUnclear(await _candidates(interaction, found))


async def _look(controls: ServerControls, number: int) -> _Found | None:
    """None: that server has no such job."""
    try:
        async with asyncio.timeout(LOOK_UP_TIMEOUT):
            return controls, await controls.jobs.one(number)
    except JobUnknown:
        return None
    except (InvokeAIError, TimeoutError):
        return controls, None


async def _candidates(interaction: Interaction, found: list[_Found]) -> list[Candidate]:
    disclosure = await disclosure_here(interaction)
    jobs = [job for _, job in found if job is not None]

    def candidates() -> list[Candidate]:
        return [
            Candidate(controls.server, suggestion(veiled(job, disclosure)) if job else "does not answer")
            for controls, job in found
        ]

    return await rendered(jobs, candidates)


async def ask_which(interaction: Interaction, unclear: ServerUnclear) -> None:
    """Answers the command with a menu; what was typed is kept until one is chosen."""
    interaction.client.unclear_commands.keep(interaction)
    await reply(interaction, which_server.question(unclear.candidates, interaction.id))


async def answer(interaction: Interaction, controls: ServerControls, panel: Panel) -> None:
    """Reply, and name the InvokeAI where there are several."""
    await reply(interaction, said_of(interaction, controls, panel))


def said_of(interaction: Interaction, controls: ServerControls, panel: Panel) -> Panel:
    """The panel, with the InvokeAI's name where there are several."""
    several = interaction.client.servers.several
    return which_server.named(panel, controls.server) if several else panel
