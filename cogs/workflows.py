"""/workflow: a workflow that is saved in InvokeAI, filled in form by form, and queued."""

import asyncio
from contextlib import suppress
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.controls.drafts import Draft
from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot, needs
from bot.discord.message_pictures import download, too_large
from bot.discord.replies import announce, announce_again, ask, filled_in, reply, think
from bot.discord.server_options import ServerName
from bot.domain import actions
from bot.domain.limits import FORM_TIMEOUT
from bot.errors import BotError, RequestRefused
from bot.render import creation, workflow_forms
from bot.render.workflow_ids import OfWorkflow, WorkflowForm, WorkflowOpen, WorkflowQueue
from cogs.autocomplete import servers, workflows
from cogs.create import MAX_UPLOAD_BYTES, asker_of
from cogs.errors import explain
from cogs.presses import TOO_OLD, Interaction
from cogs.which_server import WHICH, answer, meant, said_of


class WorkflowsCog(commands.Cog):
    @needs(actions.WORKFLOW)
    @app_commands.command(description="Run a workflow that is saved in InvokeAI")
    @app_commands.describe(name="Which one; a form asks for what it needs", server=WHICH)
    @app_commands.autocomplete(name=workflows, server=servers)
    async def workflow(
        self,
        interaction: Interaction,
        name: app_commands.Range[str, 1, 100],
        server: ServerName | None = None,
    ) -> None:
        controls = await meant(interaction, server)
        await begin(interaction, controls, name)


async def begin(interaction: Interaction, controls: ServerControls, name: str) -> None:
    """Answers with the form at once; where InvokeAI is slow, with a button that opens it."""
    opening = asyncio.ensure_future(
        controls.workflows.open(await asker_of(interaction), name, interaction.id)
    )
    try:
        done, _ = await asyncio.wait({opening}, timeout=FORM_TIMEOUT)
        if not done:
            await think(interaction)
        draft = await opening
    finally:
        opening.cancel()
    opened = draft.opened
    if not draft.pages:
        await reply(interaction, workflow_forms.question(opened.name, draft.id))
    elif done:
        await _open(interaction, draft, 0)
    else:
        await reply(interaction, workflow_forms.next_form(opened.name, opened.questions, draft.id, 0))


async def act(interaction: Interaction, meaning: OfWorkflow) -> None:
    """A button of a workflow was pressed, or its form came back, by whoever may."""
    is_form = interaction.type is discord.InteractionType.modal_submit
    if is_form is not isinstance(meaning, WorkflowForm):
        raise RequestRefused(TOO_OLD)
    try:
        controls, draft = _draft(interaction, meaning.draft_id)
    except RequestRefused as gone:
        if not is_form:
            raise
        await reply(interaction, workflow_forms.lost(str(gone), _texts(interaction)))
        return
    match meaning:
        case WorkflowOpen(_, page):
            await _open(interaction, draft, page)
        case WorkflowQueue():
            await interaction.response.defer(ephemeral=True)
            await _queue(interaction, controls, draft)
        case WorkflowForm(_, page):
            await _filled(interaction, controls, draft, page)


def _draft(interaction: Interaction, draft_id: int) -> tuple[ServerControls, Draft]:
    """With the server that it is for. RequestRefused for one that is no longer kept, or somebody else's."""
    *others, last = interaction.client.servers
    for controls in others:
        with suppress(RequestRefused):
            return controls, controls.workflows.draft(draft_id, interaction.user.id)
    return last, last.workflows.draft(draft_id, interaction.user.id)


async def _open(interaction: Interaction, draft: Draft, page: int) -> None:
    _require_page(draft, page)
    opened = draft.opened
    await ask(interaction, workflow_forms.form(opened.name, opened.questions, draft.id, page, draft.typed))


async def _filled(interaction: Interaction, controls: ServerControls, draft: Draft, page: int) -> None:
    """What does not fit, or can't be queued, comes back with everything that was typed."""
    _require_page(draft, page)
    opened, last = draft.opened, page + 1 == len(draft.pages)
    on_panel = interaction.message is not None
    if on_panel:
        await interaction.response.defer(ephemeral=True)
    else:
        await think(interaction, public=last)
    questions, filled = draft.pages[page], filled_in(interaction)
    draft = controls.workflows.note(draft, workflow_forms.typed_in(questions, filled))
    try:
        images = await _images(interaction, workflow_forms.files_in(questions, filled))
        draft = await controls.workflows.fill(draft, page, images)
        if last:
            await _queue(interaction, controls, draft)
        else:
            panel = workflow_forms.next_form(opened.name, opened.questions, draft.id, page + 1)
            await reply(interaction, panel)
    except BotError as error:
        typed, again = controls.workflows.typed(draft), controls.workflows.keeps(draft)
        await explain(
            interaction,
            error,
            f"/workflow, form {page + 1}",
            lambda sentence: workflow_forms.handed_back(
                sentence, questions, typed, WorkflowOpen(draft.id, page) if again else None
            ),
            in_place=on_panel,
        )


async def _queue(interaction: Interaction, controls: ServerControls, draft: Draft) -> None:
    """The answer is for the whole channel; a panel between two forms is the person's own."""
    if interaction.response.type is not discord.InteractionResponseType.deferred_message_update:
        done = await controls.workflows.send(await asker_of(interaction), draft)
        await answer(interaction, controls, creation.ran(done))
        return
    await announce(interaction, workflow_forms.queueing(draft.opened.name))
    try:
        done = await controls.workflows.send(await asker_of(interaction), draft)
    except Exception:
        await announce_again(interaction, None)
        raise
    await announce_again(interaction, said_of(interaction, controls, creation.ran(done)))
    await reply(interaction, workflow_forms.queued(draft.opened.name))


def _require_page(draft: Draft, page: int) -> None:
    if page >= len(draft.pages):
        raise RequestRefused(TOO_OLD)


async def _images(interaction: Interaction, files: dict[str, str]) -> dict[str, bytes]:
    """The pictures that were sent. RequestRefused for one that is too large, or gone."""
    sent = _attachments(interaction)
    found: dict[str, bytes] = {}
    for key, file_id in files.items():
        attachment = sent.get(file_id, {})
        if int(attachment.get("size", 0)) > MAX_UPLOAD_BYTES:
            raise RequestRefused(too_large(MAX_UPLOAD_BYTES))
        found[key] = await download(str(attachment.get("url", "")), MAX_UPLOAD_BYTES)
    return found


def _attachments(interaction: Interaction) -> dict[str, Any]:
    """By id, as Discord tells of them."""
    data = cast("dict[str, Any]", interaction.data or {})
    return cast("dict[str, Any]", data.get("resolved") or {}).get("attachments") or {}


def _texts(interaction: Interaction) -> dict[str, str]:
    """What was filled in, but for files."""
    files = _attachments(interaction)
    return {name: text for name, text in filled_in(interaction).items() if text not in files}


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(WorkflowsCog())
