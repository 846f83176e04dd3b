"""The queues of several InvokeAI at a glance, and each one's own panel on a tap."""

import asyncio

from bot.discord.replies import chosen, offers, renew, reply
from bot.errors import RequestRefused
from bot.render import all_queues_panel
from bot.render.beside_the_loop import rendered
from bot.render.message import Panel
from bot.render.presentation import veiled_queue
from bot.render.queues_ids import AllQueues, OfQueues, written
from cogs.presses import TOO_OLD, Interaction
from cogs.queue_buttons import queue_here
from cogs.visibility import disclosure_here, may_renew_list


async def all_here(interaction: Interaction) -> Panel:
    """All of them, as they may be shown in the channel of that interaction."""
    servers = list(interaction.client.servers)
    views = await asyncio.gather(*(each.views.glance() for each in servers))
    disclosure = await disclosure_here(interaction)
    jobs = [one.job for view in views if view is not None for one in view.running]

    def panel() -> Panel:
        shown = [None if view is None else veiled_queue(view, disclosure) for view in views]
        named = zip(servers, shown, strict=True)
        return all_queues_panel.panel({each.server: view for each, view in named})

    return await rendered(jobs, panel)


async def act(interaction: Interaction, pressed: OfQueues) -> None:
    await (show(interaction) if isinstance(pressed, AllQueues) else pick(interaction))


async def show(interaction: Interaction) -> None:
    """In the place of the panel that was pressed, where its readers may see them all."""
    in_place = await may_renew_list(interaction, *interaction.client.servers.names)
    await interaction.response.defer(ephemeral=True, thinking=not in_place)
    await _answer(interaction, await all_here(interaction), in_place=in_place)


async def pick(interaction: Interaction) -> None:
    """One of them: in the place of the panel, but beside a live card."""
    controls = interaction.client.servers.named(next(iter(chosen(interaction)), ""))
    if controls is None:
        raise RequestRefused(TOO_OLD)
    in_place = offers(interaction, written(AllQueues())) and await may_renew_list(
        interaction, controls.server
    )
    await interaction.response.defer(ephemeral=True, thinking=not in_place)
    message = interaction.message
    public = in_place and message is not None and not message.flags.ephemeral
    await _answer(interaction, await queue_here(interaction, controls, public=public), in_place=in_place)


async def _answer(interaction: Interaction, panel: Panel, *, in_place: bool) -> None:
    if in_place:
        await renew(interaction, panel, interaction.client.clock())
    else:
        await reply(interaction, panel)
