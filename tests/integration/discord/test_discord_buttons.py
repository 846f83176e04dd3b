"""Our buttons as data, sent through discord.py to the sandbox Discord, and pressed there."""

from datetime import UTC, datetime
from typing import Any

import discord
from sandbox_discord_support import studio
from sandbox_discord_tiny_bot import TinyBot, running

from bot.discord.components import PanelButton, view_of
from bot.discord.replies import ask, chosen, filled_in, reply, whisper
from bot.discord.sink import send_notice
from bot.domain.job_list import JobList
from bot.domain.jobs import Job, JobStatus
from bot.render import job_list
from bot.render.custom_ids import decode
from bot.render.list_ids import JobsPage
from bot.render.message import (
    ActionRow,
    Button,
    ButtonStyle,
    Colour,
    Input,
    Menu,
    MenuOption,
    Modal,
    Notice,
    Panel,
    Text,
)

ROWS = (
    ActionRow(
        (
            Button("Cancel", "job:cancel:invokeai:812", ButtonStyle.DANGER, "🚫"),
            Button("Not now", "job:retry:invokeai:812", disabled=True),
        )
    ),
    ActionRow((Button("Refresh", "queue:refresh:invokeai", ButtonStyle.PRIMARY),)),
    Menu("jobs:pick:invokeai", "Which one?", (MenuOption("#812 · a fox", "812"), MenuOption("#813", "813"))),
)


FORM = Modal(
    "#812 once more",
    "job:tweaked:invokeai:812",
    (
        Input("count", "How many", "1", needed=True, choices=("1", "3")),
        Input("seed", "Seed", longest=10),
        Input("prompt", "Prompt", lines=True),
    ),
)


MORNING = datetime(2026, 11, 24, 8, tzinfo=UTC)
SECTION = 9
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24
JOBS = [Job("invokeai", number, JobStatus.FAILED, "batch", None, MORNING) for number in (814, 813, 812, 811)]


class Pressed(TinyBot):
    """Answers each press of a panel in place, and whispers beside every message."""

    def __init__(self) -> None:
        super().__init__()
        self.presses: list[str] = []
        self.picked: list[str] = []
        self.typed: dict[str, str] = {}

    async def setup_hook(self) -> None:
        self.add_dynamic_items(PanelButton)

    async def on_press(self, interaction: discord.Interaction[Any]) -> None:
        assert interaction.data
        self.presses.append(str(interaction.data.get("custom_id")))
        self.picked += chosen(interaction)
        if self.presses[-1] == FORM.action:
            await ask(interaction, FORM)
            return
        await interaction.response.defer()
        if interaction.message and interaction.message.flags.components_v2:
            await reply(interaction, panel(f"pressed {len(self.presses)} times"))
        await whisper(interaction, Panel(Colour.WARNING, (Text("and told so"),)))

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        if interaction.type is discord.InteractionType.modal_submit:
            self.typed = filled_in(interaction)
            await interaction.response.send_message("Thank you.", ephemeral=True)

    def remembered(self) -> int:
        """Views that discord.py keeps by message; it tells that nowhere else."""
        store = self._connection._view_store  # pyright: ignore[reportPrivateUsage]
        return len(store._views)  # pyright: ignore[reportPrivateUsage]


class Lister(Pressed):
    """Shows a page of two jobs of four, where the press says."""

    async def on_press(self, interaction: discord.Interaction[Any]) -> None:
        assert interaction.data
        at = decode(str(interaction.data.get("custom_id")), {"invokeai"})
        assert isinstance(at, JobsPage)
        found = [job for job in JOBS if at.before is None or job.number < at.before]
        page = JobList((), tuple(found[:2]), found[1].number if len(found) > 2 else None)
        await interaction.response.defer()
        await reply(interaction, job_list.jobs(page, at, MORNING, {job.number: PNG for job in page.jobs}))


def panel(words: str) -> Panel:
    return Panel(Colour.RUNNING, (Text(words), *ROWS))


async def test_a_notices_rows_are_buttons_below_it() -> None:
    async with studio() as (server, _, channel), running(server, Pressed()) as bot:
        await send_notice(bot, channel.id, Notice("✅ #812 done", "#812", rows=ROWS))
        [message] = channel.messages
        assert [[one["label"] for one in row["components"]] for row in message.components[:2]] == [
            ["Cancel", "Not now"],
            ["Refresh"],
        ]
        [menu] = message.components[2]["components"]
        assert (menu["type"], menu["placeholder"]) == (3, "Which one?")
        assert [(one["label"], one["value"]) for one in menu["options"]] == [
            ("#812 · a fox", "812"),
            ("#813", "813"),
        ]
        first, second = message.components[0]["components"]
        assert (first["style"], first["emoji"], second["disabled"]) == (4, {"name": "🚫"}, True)
        assert not message.v2


async def test_a_press_reaches_a_bot_that_has_just_started() -> None:
    async with studio() as (server, guild, channel):
        async with running(server, Pressed()) as bot:
            await send_notice(bot, channel.id, Notice("✅ #812 done", "#812", rows=ROWS))
        bot = Pressed()
        async with running(server, bot):
            ann = guild.add_member("ann")
            first = await ann.press(channel.messages[0], "queue:refresh:invokeai")
            await first.wait_for(lambda one: bool(one.followups))
            assert bot.presses == ["queue:refresh:invokeai"]
            assert first.followups[0].ephemeral_for == ann.id


async def test_a_panel_is_edited_in_place_and_remembered_by_nobody() -> None:
    async with studio() as (server, guild, channel), running(server, Pressed()) as bot:
        assert isinstance(bot, Pressed)
        ann = guild.add_member("ann")
        target = bot.get_channel(channel.id)
        assert isinstance(target, discord.TextChannel)
        view = discord.ui.LayoutView(timeout=None)
        view.add_item(discord.ui.ActionRow[Any](PanelButton(discord.ui.Button(label="x", custom_id="x"))))
        await target.send(view=view)
        for _ in range(3):
            answer = await ann.press(channel.messages[0], _any_id(channel.messages[0].components))
            await answer.wait_for(lambda one: bool(one.followups))
        assert "pressed 3 times" in channel.messages[0].text
        assert len(channel.messages) == 1
        assert bot.remembered() == 0


async def test_what_is_picked_in_a_menu_reaches_the_bot_and_the_menu_is_remembered_by_nobody() -> None:
    async with studio() as (server, guild, channel), running(server, Pressed()) as bot:
        assert isinstance(bot, Pressed)
        await send_notice(bot, channel.id, Notice("✅ #812 done", "#812", rows=ROWS))
        answer = await guild.add_member("ann").select(channel.messages[0], "jobs:pick:invokeai", "813")
        await answer.wait_for(lambda one: bool(one.followups))
        assert (bot.presses, bot.picked) == (["jobs:pick:invokeai"], ["813"])
        assert bot.remembered() == 0


async def test_a_list_of_jobs_turns_its_pages_in_place_and_what_leads_nowhere_cannot_be_pressed() -> None:
    async with studio() as (server, guild, channel), running(server, Lister()) as bot:
        assert isinstance(bot, Lister)
        at = JobsPage("invokeai", JobStatus.FAILED)
        target = bot.get_channel(channel.id)
        assert isinstance(target, discord.TextChannel)
        await target.send(view=view_of(job_list.jobs(JobList((), tuple(JOBS[:2]), 813), at, MORNING)))
        older = await guild.add_member("ann").press(channel.messages[0], "jobs:page:invokeai:failed:813")
        await older.wait_for(lambda one: "#812" in one.text)
        menu, states, turning = (one for one in older.components[0]["components"] if one["type"] == 1)
        assert [one["value"] for one in menu["components"][0]["options"]] == ["812", "811"]
        assert [one["value"] for one in states["components"][0]["options"] if one.get("default")] == [
            "failed"
        ]
        sections = [one for one in older.components[0]["components"] if one["type"] == SECTION]
        assert [one["accessory"]["description"] for one in sections] == ["#812", "#811"]
        assert [(one["label"], one["disabled"]) for one in turning["components"]] == [
            ("Newest", False),
            ("Older", True),
        ]
        assert len(channel.messages) == 1
        assert bot.remembered() == 0


async def test_a_form_is_shown_and_what_is_typed_comes_back() -> None:
    async with studio() as (server, guild, channel), running(server, Pressed()) as bot:
        assert isinstance(bot, Pressed)
        row = ActionRow((Button("Tweak…", FORM.action),))
        await send_notice(bot, channel.id, Notice("✅ #812 done", "#812", rows=(row,)))
        ann = guild.add_member("ann")
        opened = await ann.press(channel.messages[0], FORM.action)
        answer = await ann.submit(opened, seed="7")
        assert answer.text == "Thank you."
        assert bot.typed == {"count": "1", "seed": "7", "prompt": ""}
        await ann.submit(opened, count=["3"])
        assert bot.typed == {"count": "3", "seed": "", "prompt": ""}


def _any_id(components: list[Any]) -> str:
    for one in components:
        if one.get("custom_id"):
            return str(one["custom_id"])
        if found := _any_id(one.get("components", [])):
            return found
    return ""
