"""What the buttons of the queue do, a function each. Whoever comes here may do it."""

import structlog

from bot.controls.server_controls import ServerControls
from bot.discord.replies import offers, renew, reply
from bot.domain import actions
from bot.domain.access import Capability
from bot.domain.queue import HeldPause
from bot.render import answers, queue_panel, telling
from bot.render.beside_the_loop import rendered
from bot.render.custom_ids import QueueButton, encode
from bot.render.message import Panel
from bot.render.presentation import veiled_queue
from cogs.presses import Handlers, Interaction, Press
from cogs.telling import waiting_here
from cogs.visibility import disclosure_here, may_renew_list

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

QueuePress = Press[QueueButton]
on_press: Handlers[QueueButton, Panel | None] = Handlers()


async def press(pressed: QueuePress) -> None:
    """The panel shows what is, whatever was pressed; under a notice or a card the answer stands beside it.

    So does what the person may not show to everybody who sees that panel.
    """
    interaction, button, controls = pressed.interaction, pressed.button, pressed.controls
    on_panel = offers(interaction, encode(QueueButton(actions.REFRESH, button.server)))
    on_panel = on_panel and await may_renew_list(interaction, button.server)
    if button.action.changes:
        log.info("button_pressed", action=button.action.name, user=interaction.user.id)
    await interaction.response.defer(ephemeral=True, thinking=not on_panel)
    answer = await on_press.answer(button.action, pressed)
    if answer is not None and not on_panel:
        await reply(interaction, answer)
        return
    message = interaction.message
    public = on_panel and message is not None and not message.flags.ephemeral
    panel = await queue_here(interaction, controls, public=public)
    if on_panel:
        await renew(interaction, panel, pressed.clock())
    else:
        await reply(interaction, panel)


async def queue_here(interaction: Interaction, controls: ServerControls, *, public: bool) -> Panel:
    """The queue's panel as it may be shown in the channel of that interaction, with what the person may do.

    A `public` one offers what operators may do, whoever asked; what only admins are told is left out.
    """
    view = await controls.views.view()
    disclosure = await disclosure_here(interaction)
    jobs = [one.job for one in (*view.running, *view.waiting)]
    capability = Capability.OPERATE if public else await interaction.client.capability(interaction)
    name = controls.server if interaction.client.servers.several else None

    def panel() -> Panel:
        return queue_panel.queue(veiled_queue(view, disclosure), server_name=name, capability=capability)

    return await rendered(jobs, panel)


@on_press(actions.REFRESH)
async def refresh(_: QueuePress) -> None:
    """The panel is the answer."""


@on_press(actions.PAUSE)
async def pause(pressed: QueuePress) -> Panel | None:
    asked = asked_pause(pressed.interaction, pressed.button.server)
    change = (await pressed.controls.pauses.pause(asked)).change
    return answers.paused(change.before, change.after, change.running) if change else None


@on_press(actions.RESUME)
async def resume(pressed: QueuePress) -> Panel | None:
    change = await pressed.controls.pauses.resume()
    return answers.resumed(change.before, change.after)


@on_press(actions.TELL_WHEN)
async def tell_when(pressed: QueuePress) -> Panel:
    return telling.choice(pressed.button.server, (await pressed.controls.views.view()).running)


@on_press(actions.TELL_EMPTY)
async def tell_empty(pressed: QueuePress) -> Panel:
    person, mine = await waiting_here(pressed.interaction, pressed.button.server)
    waiting = await pressed.controls.telling.empty(person)
    return telling.answer("the queue is empty", mine, waiting=waiting)


def asked_pause(interaction: Interaction, server: str) -> HeldPause:
    """A pause until somebody resumes. Notices of it go only into a channel of a guild that the bot is in."""
    inside = interaction.guild is not None and interaction.is_guild_integration()
    return HeldPause(
        server,
        interaction.user.id,
        interaction.client.clock(),
        channel_id=interaction.channel_id if inside else None,
        guild_id=interaction.guild_id if inside else None,
    )
