"""What the buttons, menus and forms of a channel's settings do, a function each, for whoever may do it."""

from collections.abc import Collection, Container
from datetime import timedelta

import structlog

from bot.discord import mentions
from bot.discord.replies import ask, chosen, filled_in, renew
from bot.discord.sink import send_notice
from bot.domain import actions
from bot.domain.quiet_hours import Buzz, morning
from bot.domain.subscriptions import ANY, OFF, Mine, PreferencesChange, Subscription
from bot.domain.time_input import zone_named
from bot.errors import RequestRefused
from bot.render import channel_menus, channel_panel
from bot.render.channel_ids import ChannelButton
from bot.render.forms import refilled
from bot.render.message import Modal, Panel
from bot.render.samples import samples
from cogs.channel_views import guild_of, page_of, view_of
from cogs.edit_again import handing_back
from cogs.presses import Handlers, Interaction, Press

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

SNOOZE = timedelta(hours=1)
MAX_SECONDS = 86_400

ChannelPress = Press[ChannelButton]
on_press: Handlers[ChannelButton, Panel] = Handlers()
on_open: Handlers[ChannelButton, Modal] = Handlers()


async def press(pressed: ChannelPress) -> None:
    """The private panel that was pressed shows what is now."""
    interaction, action = pressed.interaction, pressed.button.action
    if action.changes:
        log.info(
            "button_pressed",
            action=action.name,
            channel=pressed.button.channel_id,
            user=interaction.user.id,
        )
    if action.opens_form:
        await ask(interaction, await on_open.answer(action, pressed))
        return
    await interaction.response.defer(ephemeral=True)
    await renew(interaction, await on_press.answer(action, pressed), pressed.clock())


async def turn(interaction: Interaction, page: int) -> None:
    """To another page of the guild's channels."""
    if interaction.guild_id is None:
        raise RequestRefused("That works in a server's channel only.")
    await interaction.response.defer(ephemeral=True)
    panel = await page_of(interaction, interaction.guild_id, page)
    await renew(interaction, panel, interaction.client.clock())


async def _required(pressed: ChannelPress) -> Subscription:
    channels = pressed.interaction.client.channels
    return await channels.required(pressed.button.channel_id, guild_of(pressed.interaction))


async def _changed(pressed: ChannelPress, change: PreferencesChange) -> Subscription:
    channels = pressed.interaction.client.channels
    return await channels.change(pressed.button.channel_id, guild_of(pressed.interaction), change)


async def _menus(pressed: ChannelPress, change: PreferencesChange) -> Panel:
    """Stored, and shown with everything that can be changed."""
    return channel_menus.change(await view_of(pressed.interaction, await _changed(pressed, change)))


async def _settings(pressed: ChannelPress, change: PreferencesChange) -> Panel:
    return channel_panel.settings(await view_of(pressed.interaction, await _changed(pressed, change)))


@on_press(actions.CHANNEL_SHOW)
async def show(pressed: ChannelPress) -> Panel:
    return channel_panel.settings(await view_of(pressed.interaction, await _required(pressed)))


@on_press(actions.CHANNEL_CHANGE)
async def change(pressed: ChannelPress) -> Panel:
    return channel_menus.change(await view_of(pressed.interaction, await _required(pressed)))


@on_press(actions.CHANNEL_TEST)
async def test(pressed: ChannelPress) -> Panel:
    subscription = await _required(pressed)
    note = await post_samples(pressed.interaction, subscription)
    return channel_panel.settings(await view_of(pressed.interaction, subscription), note)


async def post_samples(interaction: Interaction, subscription: Subscription) -> str:
    """One of each kind that the channel gets; what to tell of it."""
    notices = samples(subscription.kinds, subscription.preferences, interaction.client.clock())
    for notice in notices:
        await send_notice(interaction.client, subscription.channel_id, notice)
    return channel_panel.tested([notice.silent for notice in notices])


@on_press(actions.CHANNEL_STOP)
async def stop(pressed: ChannelPress) -> Panel:
    return channel_panel.stop(await view_of(pressed.interaction, await _required(pressed)))


@on_press(actions.CHANNEL_END)
async def end(pressed: ChannelPress) -> Panel:
    channel_id = pressed.button.channel_id
    dropped = await pressed.interaction.client.channels.off(channel_id, guild_of(pressed.interaction))
    return channel_panel.stopped(channel_id, dropped)


@on_press(actions.CHANNEL_SNOOZE)
async def snooze(pressed: ChannelPress) -> Panel:
    return channel_panel.snooze(await view_of(pressed.interaction, await _required(pressed)))


@on_press(actions.SNOOZE_HOUR)
async def snooze_hour(pressed: ChannelPress) -> Panel:
    return await _settings(pressed, PreferencesChange(snooze_until=pressed.clock() + SNOOZE))


@on_press(actions.SNOOZE_MORNING)
async def snooze_morning(pressed: ChannelPress) -> Panel:
    rule = (await _required(pressed)).preferences.rule
    until = morning(rule, pressed.clock(), pressed.interaction.client.zone)
    return await _settings(pressed, PreferencesChange(snooze_until=until))


@on_press(actions.SNOOZE_END)
async def snooze_end(pressed: ChannelPress) -> Panel:
    return await _settings(pressed, PreferencesChange(wake=True))


@on_press(actions.CHANNEL_WHAT)
async def what(pressed: ChannelPress) -> Panel:
    return await _menus(pressed, _what(_offered(pressed, channel_menus.WHAT)))


def _what(on: Collection[str]) -> PreferencesChange:
    return PreferencesChange(
        images="images" in on,
        failures="failures" in on,
        cancellations="cancellations" in on,
        queue_empty="queue_empty" in on,
        live="live" in on,
        canvas="canvas" in on,
        others="others" in on,
    )


@on_press(actions.CHANNEL_PRIVACY)
async def privacy(pressed: ChannelPress) -> Panel:
    on = _offered(pressed, channel_menus.PRIVACY)
    return await _menus(
        pressed, PreferencesChange(spoiler="spoiler" in on, hide_prompts="hide_prompts" in on)
    )


@on_press(actions.CHANNEL_BUZZ)
async def buzz(pressed: ChannelPress) -> Panel:
    [value] = _offered(pressed, set(Buzz))
    return await _menus(pressed, PreferencesChange(buzz=Buzz(value)))


@on_press(actions.CHANNEL_MINE)
async def mine(pressed: ChannelPress) -> Panel:
    [value] = _offered(pressed, set(Mine))
    return await _menus(pressed, PreferencesChange(mine=Mine(value)))


def _offered(pressed: ChannelPress, offered: Container[str]) -> list[str]:
    """What was picked. RequestRefused for what the menu does not have."""
    values = chosen(pressed.interaction)
    if not all(value in offered for value in values):
        raise RequestRefused("That menu is too old. Type /notify show for a new one.")
    return values


@on_press(actions.CHANNEL_SERVERS)
async def servers(pressed: ChannelPress) -> Panel:
    return await _filtered(pressed, PreferencesChange(server=_words(pressed)))


@on_press(actions.CHANNEL_BOARDS)
async def boards(pressed: ChannelPress) -> Panel:
    kept = (await _required(pressed)).preferences.boards
    return await _filtered(pressed, PreferencesChange(board=_words(pressed)), kept)


@on_press(actions.CHANNEL_USERS)
async def users(pressed: ChannelPress) -> Panel:
    kept = (await _required(pressed)).preferences.users
    return await _filtered(pressed, PreferencesChange(user=_words(pressed)), kept)


async def _filtered(
    pressed: ChannelPress, change: PreferencesChange, kept: Collection[str] = frozenset[str]()
) -> Panel:
    filters, before = pressed.interaction.client.servers.filters, await _required(pressed)
    return await _menus(pressed, await filters.resolved(change, before, kept=kept))


def _words(pressed: ChannelPress) -> str:
    return ",".join(chosen(pressed.interaction)) or ANY


@on_press(actions.CHANNEL_MENTION)
async def mention(pressed: ChannelPress) -> Panel:
    await _required(pressed)
    whom = mentions.picked(pressed.interaction, pressed.button.channel_id)
    await mentions.let_follow(pressed.interaction, pressed.button.channel_id, whom)
    return await _menus(pressed, PreferencesChange(mention=whom, no_mention=whom is None))


@on_open(actions.CHANNEL_QUIET)
async def quiet(pressed: ChannelPress) -> Modal:
    return channel_menus.quiet_hours(await _required(pressed), pressed.interaction.client.zone)


@on_press(actions.CHANNEL_HOURS)
async def hours(pressed: ChannelPress) -> Panel:
    typed, zone = filled_in(pressed.interaction), pressed.interaction.client.zone
    form = channel_menus.quiet_hours(await _required(pressed), zone)
    with handing_back(refilled(form, typed)):
        named, text = typed.get("zone", "").strip(), typed.get("hours", "").strip()
        zone = zone_named(named) if named and text else zone
        loud = typed.get("failures") == channel_menus.LOUD
        return await _menus(pressed, PreferencesChange(quiet=text or OFF, zone=zone, failures_at_night=loud))


@on_open(actions.CHANNEL_MORE)
async def more(pressed: ChannelPress) -> Modal:
    return channel_menus.more(await _required(pressed))


@on_press(actions.CHANNEL_FILTERS)
async def filters(pressed: ChannelPress) -> Panel:
    typed = filled_in(pressed.interaction)
    form = channel_menus.more(await _required(pressed))
    with handing_back(refilled(form, typed)):
        change = PreferencesChange(
            longer_than=_seconds(typed.get("longer_than", "")),
            origin=typed.get("origin", "").strip() or ANY,
            destination=typed.get("destination", "").strip() or ANY,
        )
        return await _menus(pressed, change)


def _seconds(text: str) -> int:
    typed = text.strip() or "0"
    if typed.isascii() and typed.isdigit() and int(typed[:20]) <= MAX_SECONDS:
        return int(typed)
    raise RequestRefused(f"Write the seconds as a whole number from 0 to {MAX_SECONDS:,}.")
