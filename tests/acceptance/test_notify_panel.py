"""The panel of /notify here and /notify show: buttons, menus and forms that change a channel's settings."""

import re
from typing import Any

import pytest
from house import InvokeAI, Studio
from job_buttons_place import new_board
from person import Person, draw
from planted import buttons, plant

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.people import Person as Member
from sandbox.discord.permissions import Permission
from sandbox.discord.state import Message
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI


def read(answer: Answer | Message) -> str:
    return answer.text.replace("\\", "").replace("**", "")


def admin(studio: Studio) -> Member:
    return studio.person("admin")


async def opened(studio: Studio, channel: Channel | None = None, **options: Any) -> Answer:
    return await admin(studio).slash(channel or studio.channel, "notify here", **options)


async def settled(answer: Answer, *words: str) -> Answer:
    """Once the panel that was pressed shows these words."""
    return await answer.wait_for(lambda one: all(word in read(one) for word in words))


async def press(studio: Studio, panel: Answer | Message, label: str, *words: str) -> Answer:
    """The panel after the press, with these words in it."""
    answer = await admin(studio).press(panel, buttons(panel.components)[label])
    return await settled(answer, *words)


async def pick(studio: Studio, panel: Answer, what: str, values: list[str], *words: str) -> Answer:
    custom_id = f"channel:channel-{what}:{studio.channel.id}"
    return await settled(await admin(studio).select(panel, custom_id, *values), *words)


async def restarted(bot: BotProcess) -> None:
    await bot.kill()
    await bot.start()
    await bot.says("discord_connected", within=20)


async def test_the_answer_says_what_is_set_and_offers_to_change_test_and_snooze(
    bot: BotProcess, studio: Studio, person: Person, invokeai: InvokeAI
) -> None:
    del bot
    [number] = (await person.enqueue(draw())).numbers
    await invokeai.until(number, "completed")
    panel = await opened(studio)
    assert panel.ephemeral
    for words in ("finished pictures · failures", "Buzzes", "The last job would have been posted here."):
        assert words in read(panel)
    assert list(buttons(panel.components)) == ["Change…", "Test", "Snooze…"]


async def test_each_menu_stores_at_once_and_shows_the_new_summary_also_after_a_restart(
    bot: BotProcess, studio: Studio
) -> None:
    panel = await press(studio, await opened(studio), "Change…", "What to post")
    panel = await pick(studio, panel, "what", ["failures", "live"], "Posts failures · a live card")
    panel = await pick(studio, panel, "what", ["images", "failures"], "finished pictures · failures")
    panel = await pick(studio, panel, "buzz", ["failures"], "Buzzes only failures")
    await restarted(bot)
    panel = await pick(
        studio, panel, "privacy", ["spoiler", "hide_prompts"], "pictures are spoilers · prompts"
    )
    panel = await pick(studio, panel, "privacy", [])
    await panel.wait_for(lambda one: "are spoilers" not in read(one))
    panel = await press(studio, panel, "Done")
    await panel.wait_for(lambda one: "Test" in buttons(one.components))
    assert "finished pictures · failures" in read(panel)
    assert "Only failures" not in read(panel)
    assert "only failures" in read(panel)
    assert (
        read(panel).splitlines()[1:]
        == read(await admin(studio).slash(studio.channel, "notify show")).splitlines()[2:]
    )


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)  # where no other test has made boards
async def test_boards_are_picked_by_name_and_one_that_is_gone_stays_until_it_is_taken_out(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    del bot
    foxes = await new_board(invokeai, "Foxes")
    panel = await press(studio, await opened(studio), "Change…", "Only these boards")
    panel = await pick(studio, panel, "boards", [foxes, "none"], "Only board Foxes or none")
    assert isinstance(invokeai.server, SandboxInvokeAI)
    invokeai.server.boards.clear()
    panel = await pick(studio, panel, "boards", [foxes])
    await panel.wait_for(lambda one: "or none" not in read(one) and "Only board Foxes" in read(one))
    panel = await pick(studio, panel, "boards", [])
    await panel.wait_for(lambda one: "Only board" not in read(one))


async def test_a_role_or_a_person_is_picked_to_be_mentioned(bot: BotProcess, studio: Studio) -> None:
    del bot
    role = studio.guild.add_role("painters")
    panel = await press(studio, await opened(studio), "Change…", "Mention with each notice")
    refused = await pick(studio, panel, "mention", [str(role.id)])
    await refused.wait_for(lambda one: bool(one.followups))
    assert "can't be mentioned yet" in read(refused.followups[0])
    studio.guild.allow(studio.channel, studio.guild.bot_role, Permission.MENTION_EVERYONE)
    panel = await pick(studio, panel, "mention", [str(role.id)], f"Mentions <@&{role.id}>")
    guest = studio.person("guest")
    panel = await pick(studio, panel, "mention", [str(guest.id)], f"Mentions <@{guest.id}>")
    panel = await pick(studio, panel, "mention", [])
    await panel.wait_for(lambda one: "Mentions" not in read(one))


async def test_quiet_hours_are_a_form_with_the_bot_s_zone_and_wrong_words_come_back(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    panel = await press(studio, await opened(studio), "Change…", "What to post")
    form = await admin(studio).press(panel, buttons(panel.components)["Quiet hours…"])
    assert form.modal is not None
    assert form.modal["components"][1]["component"]["value"].endswith("UTC")
    for hours, zone, words in (
        ("at night", "UTC", "Write quiet hours like this"),
        ("22:00-07:30", "Moon/Tycho", "no such time zone"),
    ):
        refused = await admin(studio).submit(form, hours=hours, zone=zone, failures=["Still buzz"])
        await refused.wait_for(lambda one: bool(one.followups))
        told = refused.followups[-1]
        assert words in read(told)
        assert hours in read(told)
        form = await admin(studio).press(told, buttons(told.components)["Edit again"])
        assert form.modal is not None
        *texts, failures = [row["component"] for row in form.modal["components"]]
        assert [one["value"] for one in texts] == [hours, zone]
        assert [one["label"] for one in failures["options"] if one["default"]] == ["Still buzz"]
    silent = ["Arrive silently"]
    answer = await admin(studio).submit(form, hours="10pm-7:30", zone="europe/berlin", failures=silent)
    panel = await settled(answer, "Quiet hours 22:00-07:30 Europe/Berlin")
    assert "failures still buzz" not in read(panel)
    form = await admin(studio).press(panel, buttons(panel.components)["Quiet hours…"])
    answer = await admin(studio).submit(
        form, hours="22:00-07:30", zone="Europe/Berlin", failures=["Still buzz"]
    )
    panel = await settled(answer, "Quiet hours 22:00-07:30 Europe/Berlin · failures still buzz")
    form = await admin(studio).press(panel, buttons(panel.components)["Quiet hours…"])
    panel = await admin(studio).submit(form, hours="", zone="nonsense", failures=silent)
    await panel.wait_for(lambda one: "Quiet hours 22" not in read(one))
    assert re.search(r"Quiet hours 21:00-06:00 \S*UTC", read(await opened(studio, quiet="21:00-06:00")))


async def test_what_few_channels_need_is_one_form(bot: BotProcess, studio: Studio) -> None:
    del bot
    panel = await press(studio, await opened(studio), "Change…", "What to post")
    form = await admin(studio).press(panel, buttons(panel.components)["More…"])
    answer = await admin(studio).submit(form, longer_than="30", origin="Canvas, api", destination="")
    panel = await settled(answer, "origin api or canvas", "not for jobs under 30.0 s")
    form = await admin(studio).press(panel, buttons(panel.components)["More…"])
    refused = await admin(studio).submit(form, longer_than="half a minute", origin="")
    await refused.wait_for(lambda one: bool(one.followups))
    assert "a whole number from 0 to 86,400" in read(refused.followups[-1])
    answer = await admin(studio).submit(form, longer_than="", origin="")
    await answer.wait_for(lambda one: "origin" not in read(one) and "under" not in read(one))


async def test_a_snoozed_channel_gets_everything_silently_until_the_snooze_ends(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    panel = await press(studio, await opened(studio, buzz="each"), "Snooze…", "Morning is")
    panel = await press(studio, panel, "1 hour", "Snoozed until <t:")
    await restarted(bot)
    [number] = (await person.enqueue(draw())).numbers
    assert not (await studio.posted(f"#{number}")).push
    panel = await press(studio, panel, "End snooze")
    await panel.wait_for(lambda one: "Snoozed" not in read(one))
    [number] = (await person.enqueue(draw())).numbers
    assert (await studio.posted(f"#{number}")).push
    panel = await press(studio, panel, "Snooze…", "Morning is")
    await press(studio, panel, "Until morning", "Snoozed until <t:")


async def test_test_and_stop_are_buttons_and_stop_asks_first(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    other = studio.guild.add_text_channel("foxes")
    panel = await opened(studio, other, cancellations=False, buzz="failures")
    panel = await press(studio, panel, "Test", "Posted 2 samples, 1 of them silently")
    assert len([one for one in other.messages if "🔔 Test notice" in one.content]) == 2
    panel = await press(studio, panel, "Change…", "What to post")
    panel = await press(studio, panel, "Stop…", "settings are forgotten")
    panel = await press(studio, panel, "Keep", "Buzzes only failures")
    panel = await press(studio, panel, "Change…", "What to post")
    panel = await press(studio, panel, "Stop…", "settings are forgotten")
    stopped = await press(studio, panel, "Stop", "gets no more notices")
    assert not buttons(stopped.components)
    [number] = (await person.enqueue(draw())).numbers
    await studio.posted(f"#{number}")
    assert not [one for one in other.messages if f"#{number}" in one.content]


async def test_show_has_the_same_buttons_for_each_channel_page_by_page(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    others = [studio.guild.add_text_channel(f"room-{number}") for number in range(3)]
    for other in others:
        await opened(studio, other)
    panel = await admin(studio).slash(others[2], "notify show")
    assert "page 1 of 2" in read(panel)
    labels = [one["label"] for row in rows(panel.components) for one in row if one["type"] == 2]
    assert labels == ["Change…", "Test", "Snooze…"] * 3 + ["Next"]
    assert read(panel).index(f"<#{others[2].id}>") < read(panel).index(f"<#{studio.channel.id}>")
    panel = await press(studio, panel, "Next", "page 2 of 2", f"<#{others[1].id}>")
    panel = await press(studio, panel, "Previous", "page 1 of 2")
    panel = await press(studio, await admin(studio).slash(studio.channel, "notify show"), "Next", "page 2")
    panel = await press(studio, panel, "Snooze…", "Morning is")
    panel = await press(studio, panel, "1 hour", "Snoozed until", f"<#{others[2].id}>")


def rows(components: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    for one in components:
        found += [one["components"]] if one["type"] == 1 else rows(one.get("components", []))
    return found


async def test_a_channel_of_another_guild_is_not_to_be_reached(bot: BotProcess, studio: Studio) -> None:
    del bot
    await opened(studio)
    lobby = studio.people["stranger"][1]
    await studio.person("owner").slash(lobby, "notify here")
    for verb in ("show", "change", "end", "test"):
        custom_id = f"channel:channel-{verb}:{lobby.id}"
        answer = await admin(studio).press(plant(studio, studio.channel, [custom_id]), custom_id)
        await answer.wait_for(lambda one: bool(one.followups) or "already gets" in read(one))
        told = read(answer.followups[0]) if answer.followups else read(answer)
        assert "gets no notices" in told, verb
    assert "finished pictures" in read(await studio.person("owner").slash(lobby, "notify show"))
