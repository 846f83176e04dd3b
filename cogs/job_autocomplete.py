"""Autocomplete for jobs; where there are several InvokeAIs, of each that may be meant."""

import asyncio
import re
from collections.abc import Collection
from typing import TypeAlias

import discord
from discord import app_commands

from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot
from bot.domain.actions import RETRIABLE, UNFINISHED
from bot.domain.job_address import JobAddress
from bot.domain.jobs import FINISHED, Job, JobStatus
from bot.domain.limits import MAX_OPTION_NAME, MAX_OPTIONS
from bot.own_secrets import hide
from bot.render.beside_the_loop import rendered
from bot.render.job_list import suggestion
from bot.render.presentation import veiled
from bot.render.text import cut
from cogs.autocomplete import server_named
from cogs.visibility import disclosure_here, is_operator, subscription_here

JobChoice: TypeAlias = app_commands.Choice[str | int | float]
MAX_ASKED = 8
"""So many InvokeAIs are asked at a keystroke; of the others, once their name is typed."""
_NAMED = re.compile(r"\s*(?P<server>[A-Za-z0-9-]{1,20})\s*(?:#(?P<rest>.*))?", re.DOTALL)


async def any_job(interaction: discord.Interaction[InvokeAIBot], typed: str) -> list[JobChoice]:
    return await _jobs(interaction, typed, frozenset(JobStatus))


async def own_unfinished_jobs(interaction: discord.Interaction[InvokeAIBot], typed: str) -> list[JobChoice]:
    """Of a creator's only their own."""
    return await _jobs(interaction, typed, UNFINISHED, own=True)


async def waiting_jobs(interaction: discord.Interaction[InvokeAIBot], typed: str) -> list[JobChoice]:
    return await _jobs(interaction, typed, {JobStatus.PENDING})


async def finished_jobs(interaction: discord.Interaction[InvokeAIBot], typed: str) -> list[JobChoice]:
    return await _jobs(interaction, typed, FINISHED)


async def own_retriable_jobs(interaction: discord.Interaction[InvokeAIBot], typed: str) -> list[JobChoice]:
    """Of a creator's only their own."""
    return await _jobs(interaction, typed, RETRIABLE, own=True)


async def _jobs(
    interaction: discord.Interaction[InvokeAIBot],
    typed: str,
    wanted: Collection[JobStatus],
    *,
    own: bool = False,
) -> list[JobChoice]:
    """With their prompts as they may be shown here, and found by them only where they are not hidden."""
    known, disclosure = interaction.client.servers, await disclosure_here(interaction)
    asked, words = await _asked(interaction, str(typed))
    only_own = own and not await is_operator(interaction)

    async def of(controls: ServerControls) -> list[Job]:
        owned = await controls.creating.owned(interaction.user.id) if only_own else None
        by_prompt = not disclosure.hide_prompts
        return await controls.jobs.suggestions(words, wanted, by_prompt=by_prompt, own=owned)

    found = await asyncio.gather(*(of(controls) for controls in asked))
    share = max(1, MAX_OPTIONS // max(1, sum(bool(each) for each in found)))
    jobs = [job for each in found for job in each[:share]]

    def choices() -> list[JobChoice]:
        return [_choice(veiled(job, disclosure), several=known.several) for job in jobs]

    return await rendered(jobs, choices)


def _choice(job: Job, *, several: bool) -> JobChoice:
    if not several:
        return app_commands.Choice(name=hide(suggestion(job)), value=job.number)
    address = JobAddress(job.number, job.server)
    return app_commands.Choice(
        name=cut(hide(f"{job.server} {suggestion(job)}"), MAX_OPTION_NAME), value=str(address)
    )


def _begins(server: str, typed: re.Match[str]) -> bool:
    """Whether that server is named, or about to be."""
    name = typed["server"].lower()
    return server == name if typed["rest"] is not None else server.startswith(name)


async def _asked(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> tuple[list[ServerControls], str]:
    """Which InvokeAIs may be meant, and what is looked for there."""
    known, chosen = interaction.client.servers, server_named(interaction)
    named = _NAMED.fullmatch(typed) if known.several else None
    if named and (begun := [each for each in known if _begins(each.server, named)]):
        return begun[:MAX_ASKED], named["rest"] or ""
    if chosen is None:
        here = await subscription_here(interaction)
        only = here.only_server if here is not None else None
        chosen = known.named(only) if only is not None else None
    if chosen is not None:
        return [chosen], typed
    return [each for each in known if each.views.state.reachable][:MAX_ASKED], typed
