"""Buttons, menus and forms: the one door for all. Nothing is remembered; the custom id says it all."""

from typing import Any, TypeVar, cast

import discord
from discord.ext import commands

from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot
from bot.discord.components import PanelButton
from bot.discord.replies import chosen
from bot.discord.unclear_commands import take_back
from bot.domain import actions
from bot.domain.actions import Component
from bot.errors import RequestRefused
from bot.render.channel_ids import ChannelButton, ChannelsPage
from bot.render.custom_ids import (
    AnswerButton,
    JobButton,
    JobsMenu,
    ManageMenu,
    Meaning,
    OfServer,
    QueueButton,
    decode,
    needed,
    picked,
)
from bot.render.form_ids import FilledForm, KeptForm, OfForm
from bot.render.list_ids import JobsFilter, JobsPage, JobsSearch, ListMeaning
from bot.render.queues_ids import AllQueues, QueuesMenu
from bot.render.server_ids import ServerMenu
from bot.render.workflow_ids import WorkflowForm, WorkflowOpen, WorkflowQueue
from cogs import (
    all_queues,
    channel_buttons,
    job_buttons,
    job_lists,
    queue_buttons,
    queue_menu,
    use_as_input,
    workflows,
)
from cogs.confirmations import Confirmations
from cogs.edit_again import FormRefused, KeptForms
from cogs.errors import explain
from cogs.presses import TOO_OLD, Interaction, Press

PressedT = TypeVar("PressedT", bound=Meaning)


class ComponentsCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._bot = bot
        self._servers = bot.servers
        self._clock = bot.clock
        self._confirmations = Confirmations()
        self._forms = KeptForms(bot.clock)

    @commands.Cog.listener()
    async def on_press(self, interaction: Interaction) -> None:
        await self._enter(interaction)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Forms come to nobody else; commands, autocomplete and buttons have come in already."""
        if interaction.type is discord.InteractionType.modal_submit:
            await self._enter(interaction)

    async def _enter(self, interaction: Interaction) -> None:
        """The same check as before a command; every error a sentence."""
        custom_id = _custom_id(interaction)
        meaning = decode(custom_id, self._servers.names)
        try:
            if await self._bot.admit(interaction, needed(meaning)):
                await self._act(interaction, meaning)
        except FormRefused as refusal:
            await self._forms.hand_back(interaction, refusal, custom_id)
        except Exception as error:  # noqa: BLE001 - the last place that can still tell the person
            await explain(interaction, error, custom_id)

    async def _act(  # noqa: C901 - a line for each kind of component
        self, interaction: Interaction, meaning: Meaning | None
    ) -> None:
        match meaning:
            case JobButton():
                await self._job(interaction, meaning)
            case JobsMenu():
                await self._pick(interaction, meaning)
            case JobsPage() | JobsFilter() | JobsSearch():
                await self._list(interaction, meaning)
            case QueueButton() | ManageMenu():
                await self._queue(interaction, meaning)
            case AnswerButton():
                await self._confirmations.press(self._press(interaction, meaning))
            case ChannelButton():
                await self._channel(interaction, meaning)
            case ChannelsPage(page):
                await channel_buttons.turn(interaction, page)
            case WorkflowForm() | WorkflowOpen() | WorkflowQueue():
                await workflows.act(interaction, meaning)
            case KeptForm() | FilledForm():
                await self._form(interaction, meaning)
            case AllQueues() | QueuesMenu():
                await all_queues.act(interaction, meaning)
            case ServerMenu(command_id):
                await self._server(interaction, command_id)
            case None:
                raise RequestRefused(TOO_OLD)

    def _controls(self, meaning: Meaning) -> ServerControls:
        """Of the server that it names; of the first one where it names none."""
        named = self._servers.named(meaning.server) if isinstance(meaning, OfServer) else None
        return named or self._servers.first

    def _press(self, interaction: Interaction, button: PressedT) -> Press[PressedT]:
        return Press(interaction, button, self._controls(button), self._clock)

    async def _job(self, interaction: Interaction, button: JobButton) -> None:
        _require_form(interaction, form=button.action.component is Component.JOB_FORM)
        await job_buttons.press(self._press(interaction, button))

    async def _channel(self, interaction: Interaction, button: ChannelButton) -> None:
        _require_form(interaction, form=button.action.component is Component.CHANNEL_FORM)
        await channel_buttons.press(self._press(interaction, button))

    async def _form(self, interaction: Interaction, meaning: OfForm) -> None:
        match meaning:
            case KeptForm(form_id):
                await self._forms.open_again(interaction, form_id)
            case FilledForm(_, form_id):
                _require_form(interaction, form=True)
                await use_as_input.submit(interaction, form_id)

    async def _pick(self, interaction: Interaction, menu: JobsMenu) -> None:
        """What is picked is a job's number."""
        number = picked(next(iter(chosen(interaction)), ""))
        if number is None:
            raise RequestRefused(TOO_OLD)
        await self._job(interaction, JobButton(actions.DETAILS, menu.server, number))

    async def _server(self, interaction: Interaction, command_id: int) -> None:
        """The command goes on with the server that was chosen."""
        server = next(iter(chosen(interaction)), "")
        if self._servers.named(server) is None:
            raise RequestRefused(TOO_OLD)
        typed = self._bot.unclear_commands.name(command_id, interaction, server)
        self._bot.take(interaction)
        await take_back(typed)

    async def _queue(self, interaction: Interaction, meaning: QueueButton | ManageMenu) -> None:
        if isinstance(meaning, QueueButton):
            await queue_buttons.press(self._press(interaction, meaning))
        else:
            await queue_menu.pick(interaction, self._controls(meaning), self._clock())

    async def _list(self, interaction: Interaction, meaning: ListMeaning) -> None:
        _require_form(interaction, form=isinstance(meaning, JobsSearch))
        controls = self._controls(meaning)
        match meaning:
            case JobsPage():
                await job_lists.turn(interaction, controls, meaning)
            case JobsFilter():
                await job_lists.pick(interaction, controls, meaning)
            case JobsSearch():
                await job_lists.search(interaction, controls, meaning)


def _require_form(interaction: Interaction, *, form: bool) -> None:
    """A form's id means a form that was filled in, and every other one does not."""
    if form is not (interaction.type is discord.InteractionType.modal_submit):
        raise RequestRefused(TOO_OLD)


def _custom_id(interaction: Interaction) -> str:
    return str(cast("dict[str, Any]", interaction.data or {}).get("custom_id", ""))


async def setup(bot: InvokeAIBot) -> None:
    bot.add_dynamic_items(PanelButton)
    await bot.add_cog(ComponentsCog(bot))
