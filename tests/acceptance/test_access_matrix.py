"""Who may do what: every command and button, for everybody. What is refused changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw
from planted import buttons, plant

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.people import Person as Member
from sandbox.discord.state import Message, TeamMember
from sandbox.discord.world import Channel

VIEW: list[tuple[str, dict[str, Any]]] = [
    ("queue", {}),
    ("jobs", {}),
    ("jobs", {"prompt": "red fox", "board": "none"}),
    ("jobs", {"mine": True}),
    ("latest", {}),
    ("job", {"job": 1}),
    ("stats", {}),
    ("stats", {"period": "week"}),
    ("style list", {}),
    ("style show", {"name": "none"}),
]
CREATE: list[tuple[str, dict[str, Any]]] = [
    ("imagine", {"prompt": "a lake"}),
    ("imagine", {"prompt": "a lake", "style": "none", "negative": "fog", "count": 16, "seed": 7}),
    ("workflow", {"name": "none"}),
    ("quota", {}),
]
OWN: list[tuple[str, dict[str, Any]]] = [
    ("cancel", {}),
    *(("cancel", {"job": 1, "scope": scope}) for scope in ("job", "batch")),
    *(("retry", {"job": 1, "scope": scope}) for scope in ("job", "batch")),
]
"""A creator may, if the job is theirs. Nobody asked the bot for #1."""
SHOWN: list[tuple[str, dict[str, Any]]] = [
    ("again", {"job": 1}),
    ("again", {"job": 1, "count": 3, "seed": 7}),
]
"""A creator may, if the channel shows the job, within their quota."""
OPERATE: list[tuple[str, dict[str, Any]]] = [
    *(("cancel", {"job": 1, "scope": scope}) for scope in ("waiting", "all", "destination")),
    ("again", {"job": 1, "first": True}),
    ("next", {"job": 1}),
    ("pause", {}),
    ("resume", {}),
    ("imagine", {"prompt": "a lake", "first": True}),
    ("style save", {"job": 1, "name": "wide"}),
    ("style default", {}),
    ("style delete", {"name": "wide"}),
]
ADMIN: list[tuple[str, dict[str, Any]]] = [
    ("clear", {}),
    ("prune", {}),
    ("free-vram", {}),
    ("link", {}),
    ("link", {"user": "ann", "remove": True}),
    *((f"notify {word}", {}) for word in ("show", "test", "stop", "here")),
]
EVERYTHING = VIEW + CREATE + OWN + SHOWN + OPERATE + ADMIN
MAY = {
    "guest": VIEW,
    "creator": VIEW + CREATE + SHOWN,
    "operator": VIEW + CREATE + OWN + SHOWN + OPERATE,
    "admin": EVERYTHING,
    "owner": EVERYTHING,
    "stranger": [],
}
REFUSED = ("That needs", "Only operators may")


def answers(channel: Channel) -> list[int]:
    """Those that all see there. A live card or a notice may come at any time."""
    return [message.id for message in channel.messages if message.webhook_id and not message.ephemeral_for]


def assert_not_theirs(answer: Answer, who: Member, what: str) -> None:
    """It is said to them alone."""
    told = answer.followups[0] if answer.followups else None
    assert "That is not yours" in (told or answer).text, what
    assert told.ephemeral_for == who.id if told else answer.ephemeral, what


@pytest.fixture(autouse=True)
def every_command(studio: Studio) -> None:
    """Discord hides what a person may not use, unless a guild's admins say otherwise. These do: here it is
    the bot that refuses.
    """
    studio.guild.open_all_commands()


async def test_what_is_refused_changes_nothing_and_is_said_in_private(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    for name, (who, channel) in studio.people.items():
        for command, options in EVERYTHING:
            if (command, options) in MAY[name]:
                continue
            before, shown = invokeai.writes(), answers(channel)
            answer = await who.slash(channel, command, **options)
            what = f"{name} /{command} {options}"
            if name == "creator" and (command, options) in OWN:
                assert_not_theirs(answer, who, what)
                assert invokeai.writes() == before, what
                continue
            assert answer.ephemeral, what
            assert not answer.deferred, what
            assert any(words in answer.text for words in REFUSED) != (name == "stranger"), what
            assert ("DISCORD_GUILD_IDS" in answer.text) == (name == "stranger"), what
            assert invokeai.writes() == before, what
            assert answers(channel) == shown, what


async def test_what_is_allowed_is_done(bot: BotProcess, studio: Studio, person: Person) -> None:
    del bot
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    for name, (who, channel) in studio.people.items():
        for command, options in MAY[name]:
            answer = await who.slash(channel, command, **options)
            assert "That needs" not in answer.text, f"{name} /{command} {options}"
            assert "went wrong" not in answer.text, f"{name} /{command} {options}"


VIEW_BUTTONS = [
    "queue:refresh:invokeai",
    "queue:tell-when:invokeai",
    "queue:tell-empty:invokeai",
    "jobs:page:invokeai:any:0",
    "jobs:page:invokeai:any:{job}",
    "jobs:page:invokeai:in_progress:{job}",
    "jobs:find:invokeai:a:0:-:Zm94",
    "jobs:find:invokeai:A:0:-:",
    "answer:keep:invokeai:{until}:{user}",
    *(
        f"job:{action}:invokeai:{{job}}"
        for action in ("original", "details", "more", "json", "tell-me", "tell-batch")
    ),
]
CREATE_BUTTONS = ["workflow:open:7:0", "workflow:queue:7"]
OWN_BUTTONS = [
    *(
        f"job:{action}:invokeai:{{job}}"
        for action in ("cancel", "cancel-batch", "retry", "retry-failed", "retry-smaller", "delete")
    ),
    "job:retry-alike:invokeai:{job}:2",
    "answer:delete:invokeai:{until}:{user}:{job}",
    "answer:delete-posts:invokeai:{until}:{user}:{job}",
    "answer:cancel-batch:invokeai:{until}:{user}:{job}",
]
SHOWN_BUTTONS = [f"job:{action}:invokeai:{{job}}" for action in ("again", "again4", "tweak")]
OPERATE_BUTTONS = [
    *(f"job:{action}:invokeai:{{job}}" for action in ("star", "unstar", "board", "next", "save-as-style")),
    "queue:pause:invokeai",
    "queue:resume:invokeai",
    "answer:cancel-destination:invokeai:{until}:{user}:{job}",
    "answer:cancel-waiting:invokeai:{until}:{user}",
    "answer:cancel-all:invokeai:{until}:{user}",
]
ADMIN_BUTTONS = [
    "answer:clear:invokeai:{until}:{user}",
    "answer:prune:invokeai:{until}:{user}",
    "job:free-and-retry:invokeai:{job}",
    "channels:page:1",
    *(
        f"channel:{action}:{{channel}}"
        for action in (
            *("channel-show", "channel-change", "channel-test", "channel-snooze", "snooze-hour"),
            *("snooze-morning", "snooze-end", "channel-stop", "channel-quiet", "channel-more"),
            "channel-end",
        )
    ),
]
MAY_PRESS = {
    "guest": VIEW_BUTTONS,
    "creator": VIEW_BUTTONS + CREATE_BUTTONS + SHOWN_BUTTONS,
    "operator": VIEW_BUTTONS + CREATE_BUTTONS + SHOWN_BUTTONS + OWN_BUTTONS + OPERATE_BUTTONS,
    "admin": VIEW_BUTTONS + CREATE_BUTTONS + SHOWN_BUTTONS + OWN_BUTTONS + OPERATE_BUTTONS + ADMIN_BUTTONS,
    "owner": VIEW_BUTTONS + CREATE_BUTTONS + SHOWN_BUTTONS + OWN_BUTTONS + OPERATE_BUTTONS + ADMIN_BUTTONS,
    "stranger": [],
}
ALL_BUTTONS = MAY_PRESS["owner"]
FORMS = (
    "tweak:invokeai:{job}",
    "save-as-style:invokeai:{job}",
    "channel-quiet:{channel}",
    "channel-more:{channel}",
)
"""Buttons that open one."""
WRONG = [
    "channel:channel-show:0",
    "channel:channel-hours:1",
    "channel:channel-erase:1",
    "channels:page:0",
    "form:again:0",
    "form:use-as-input:0",
    "form:again:invokeai",
    "job:cancel:invokeai:0",
    "job:cancel:invokeai:{job} ",
    "job:cancel:elsewhere:{job}",
    "job:erase:invokeai:{job}",
    "job:tweaked:invokeai:{job}",
    "job:move:invokeai:{job}:{job}",
    "jobs:pick:invokeai",
    "jobs:pick:invokeai:{job}",
    "jobs:again:invokeai",
    "jobs:page:invokeai:any",
    "jobs:page:invokeai:gone:{job}",
    "jobs:page:invokeai:any:0{job}",
    "jobs:page:elsewhere:any:0",
    "jobs:find:invokeai:a:0:-:",
    "jobs:filter:invokeai",
    "jobs:filter:invokeai:-:",
    "jobs:search:invokeai:a",
    "queue:manage:invokeai",
    "workflow:form:7:0",
    "workflow:open:7",
    "workflow:queue:7:0",
    "answer:delete:invokeai:{until}:{user}",
    "queue:clear:invokeai",
    "answer:clear:invokeai:{until}:{user}:{job}",
    "answer:clear:elsewhere:{until}:{user}",
    "answer:retry:invokeai:{until}:{user}:{job}",
    "job:retry:invokeai:{job}:2",
    "job:retry-alike:invokeai:{job}",
    "job:clear:invokeai:{job}",
    "answer:cancel-batch:invokeai:{until}:{user}",
    "answer:cancel-everything:invokeai:{until}:{user}",
    "clear",
    "@everyone",
    "\n",
]


def filled(template: str, who: Member, job: int, channel: int = 1) -> str:
    """A custom id as the bot writes it for that person, good for four minutes. `channel`: whose settings."""
    until = int((datetime.now(UTC) + timedelta(minutes=4)).timestamp())
    return template.format(until=until, user=who.id, job=job, channel=channel)


async def refused(
    studio: Studio, invokeai: InvokeAI, where: tuple[Member, Channel], custom_id: str, words: str
) -> None:
    """The press is answered in private with those words, and nothing else happens."""
    who, channel = where
    panel = plant(studio, channel, [custom_id])
    before, shown = invokeai.writes(), answers(channel)
    answer = await who.press(panel, custom_id)
    what = f"{who.user.username} presses {custom_id!r}"
    assert answer.ephemeral, what
    assert words in answer.text, what
    assert invokeai.writes() == before, what
    assert answers(channel) == shown, what
    assert panel.edits == [], what


async def not_theirs(studio: Studio, invokeai: InvokeAI, custom_id: str) -> None:
    """Pressed by a creator below another's job it is refused in private, and nothing else happens."""
    who, before = studio.person("creator"), invokeai.writes()
    panel = plant(studio, studio.channel, [custom_id])
    answer = await who.press(panel, custom_id)
    await answer.wait_for(lambda one: bool(one.followups) or "not yours" in one.text)
    assert_not_theirs(answer, who, custom_id)
    assert invokeai.writes() == before, custom_id
    assert panel.edits == [], custom_id


async def test_a_button_is_refused_to_whom_its_command_is_refused(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    job, *_ = (await person.enqueue(draw(seconds=50, steps=100), runs=3, destination="canvas")).numbers
    for name, (who, channel) in studio.people.items():
        words = "DISCORD_GUILD_IDS" if name == "stranger" else "That needs"
        for template in ALL_BUTTONS:
            if name == "creator" and template in OWN_BUTTONS:
                await not_theirs(studio, invokeai, filled(template, who, job))
            elif template not in MAY_PRESS[name]:
                await refused(studio, invokeai, (who, channel), filled(template, who, job), words)


async def test_a_button_does_for_whom_it_may_what_it_says(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    for name, (who, channel) in studio.people.items():
        for template in MAY_PRESS[name]:
            job, *_ = (
                await person.enqueue(draw(seconds=50, steps=100), runs=2, destination="canvas")
            ).numbers
            custom_id = filled(template, who, job, channel.id)
            if template.startswith("channel"):
                await studio.person("owner").slash(channel, "notify here")
            beside = (
                [custom_id] if "refresh" in template else [custom_id, "queue:refresh:invokeai"]
            )  # a panel
            answer = await who.press(plant(studio, channel, beside), custom_id)
            if template.endswith(FORMS):
                assert answer.modal, f"{name} {custom_id}"
                continue
            if template.startswith("answer:delete"):
                await answer.wait_for(lambda one: bool(one.followups))
                assert "and has no image or video." in answer.followups[0].text, f"{name} {custom_id}"
                continue
            if template.startswith(("queue", "jobs", "answer", "channel")):
                await answer.wait_for(
                    lambda one: bool(one.edits or one.followups or (one.ephemeral and one.text))
                )
            assert answer.followups == [], f"{name} {custom_id}"
            for words in ("That needs", "went wrong", "too old", "expired"):
                assert words not in answer.text, f"{name} {custom_id}"


async def test_a_creator_cancels_and_retries_their_own_and_is_offered_nothing_else(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    """Their own is what they asked the bot for, whoever pressed first: here with Again on another's job."""
    del bot
    creator, channel = studio.people["creator"]
    [old] = (await person.enqueue(draw())).numbers
    await invokeai.until(old, "completed")
    await person.pause()
    [theirs] = (await person.enqueue(draw(seconds=50, steps=100))).numbers
    again = f"job:again:invokeai:{old}"
    answer = await creator.press(plant(studio, channel, [again]), again)
    mine = theirs + 1
    assert f"is queued again as #{mine}" in answer.text.replace("\\", "")
    assert [one["value"] for one in await creator.autocomplete(channel, "cancel", job="")] == [mine]
    canceled = await creator.slash(channel, "cancel", job=mine)
    assert f"#{mine} is canceled" in canceled.text.replace("\\", "")
    assert [one["value"] for one in await creator.autocomplete(channel, "retry", job=str(mine))] == [mine]
    retry = f"job:retry:invokeai:{mine}"
    retried = await creator.press(plant(studio, channel, [retry]), retry)
    assert f"#{mine} is queued again as #{mine + 1}" in retried.text.replace("\\", "")
    canceled = await creator.slash(channel, "cancel", job=mine + 1)
    assert f"#{mine + 1} is canceled" in canceled.text.replace("\\", "")
    await person.start_afresh()


async def test_a_message_s_menu_is_refused_to_whom_its_command_is_refused(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    expected = dict.fromkeys(MAY, "That message has no picture.")
    expected |= {"guest": "That needs", "stranger": "DISCORD_GUILD_IDS"}
    for name, (who, channel) in studio.people.items():
        answer = await who.menu(who.say(channel, "words alone"), "Use as input…")
        assert answer.ephemeral
        assert expected[name] in answer.text, name


async def test_a_button_that_nobody_wrote_does_nothing(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    [job] = (await person.enqueue(draw(seconds=50, steps=100))).numbers
    admin, stranger = studio.people["admin"], studio.people["stranger"]
    for template in WRONG:
        custom_id = filled(template, admin[0], job)
        await refused(studio, invokeai, admin, custom_id, "That button is too old")
        await refused(studio, invokeai, stranger, custom_id, "DISCORD_GUILD_IDS")
    assert not [line for line in bot.log if "Traceback" in line]


async def test_only_the_person_who_asked_may_say_yes(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    [job] = (await person.enqueue(draw(seconds=50, steps=100), destination="canvas")).numbers
    asker = studio.person("admin")
    for template in ALL_BUTTONS:
        if "{user}" in template:
            for other in ("owner", "operator", "guest"):
                words = "Only the person who asked" if template in MAY_PRESS[other] else "That needs"
                custom_id = filled(template, asker, job)
                await refused(studio, invokeai, studio.people[other], custom_id, words)


async def test_whoever_has_lost_the_role_since_may_not_say_yes(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    admin, before = studio.person("admin"), invokeai.writes()
    question = await admin.slash(studio.channel, "clear")
    studio.guild.state.members[admin.id].role_ids.clear()
    answer = await admin.press(question, buttons(question.components)["Clear"])
    assert "That needs the Manage Server permission" in answer.text
    assert answer.ephemeral
    assert invokeai.writes() == before
    assert buttons(question.components)


async def test_a_form_that_is_not_ours_is_checked_and_refused_like_a_button(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    del bot
    before = invokeai.writes()
    for name, words in (("admin", "That button is too old"), ("stranger", "DISCORD_GUILD_IDS")):
        who, channel = studio.people[name]
        opened = await who.slash(channel, "queue")
        opened.interaction.modal = {"custom_id": "forged", "title": "Forged", "components": []}
        answer = await who.submit(opened)
        assert words in answer.text
        assert answer.ephemeral
    assert invokeai.writes() == before


MENUS = {
    "job:move:invokeai:{job}": "operator",
    "jobs:pick:invokeai": "guest",
    "jobs:filter:invokeai:-:": "guest",
    "jobs:mine:invokeai:-:": "guest",
    "queue:manage:invokeai": "operator",
}
"""Each menu, and who may use it at least."""


def menu(studio: Studio, channel: Channel, custom_id: str, *values: str) -> Message:
    """A message with a menu that offers those values, theirs or forged."""
    message = plant(studio, channel, [custom_id])
    options = [{"label": value or "empty", "value": value} for value in values]
    [row] = message.components[0]["components"]
    row["components"] = [
        {"type": 3, "id": 3, "custom_id": custom_id, "options": options, "min_values": 1, "max_values": 1}
    ]
    return message


async def test_a_menu_is_refused_like_a_button_and_what_was_not_offered_is_nothing(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    [job] = (await person.enqueue(draw())).numbers
    await invokeai.until(job, "completed")
    before = invokeai.writes()
    for template, least in MENUS.items():
        for name, (who, channel) in studio.people.items():
            custom_id = template.format(job=job)
            may = name in {"operator", "admin", "owner", least} or (name == "creator" and least == "guest")
            for value in ("none", "../../boards", "job:delete:invokeai:1", "0", "9" * 30):
                answer = await who.select(menu(studio, channel, custom_id, value), custom_id, value)
                await answer.wait_for(lambda one: one.ephemeral or bool(one.followups))
                told = answer.followups[0] if answer.followups else answer
                words = "DISCORD_GUILD_IDS" if name == "stranger" else "That needs"
                if may:
                    words = "That board is gone" if template.startswith("job:") else "too old"
                assert words in told.text, f"{name} picks {value!r} in {custom_id}"
    assert invokeai.writes() == before
    assert not [line for line in bot.log if "Traceback" in line]


async def test_what_is_picked_to_manage_the_queue_is_refused_like_its_command(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    before = invokeai.writes()
    custom_id = "queue:manage:invokeai"
    for value, least in (("cancel-all", "operator"), ("prune", "admin"), ("clear", "admin")):
        for name, (who, channel) in studio.people.items():
            answer = await who.select(menu(studio, channel, custom_id, value), custom_id, value)
            await answer.wait_for(lambda one: one.ephemeral or bool(one.followups))
            told = answer.followups[0] if answer.followups else answer
            words = "DISCORD_GUILD_IDS" if name == "stranger" else "That needs"
            if name in {"admin", "owner", least}:
                words = "no finished job" if value == "prune" else "?"
            assert words in told.text, f"{name} picks {value}"
    assert invokeai.writes() == before


async def test_a_state_of_the_list_is_picked_by_whoever_may_look(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    guest = studio.person("guest")
    shown = await guest.slash(studio.channel, "jobs")
    answer = await guest.select(shown, "jobs:filter:invokeai:-:", "pending")
    await answer.wait_for(lambda one: "Waiting" in one.text)
    assert answer.message is shown.message
    opened = await guest.select(answer, "jobs:filter:invokeai:-:", "search")
    found = await guest.submit(opened, words="fox", board="")
    await found.wait_for(lambda one: "found in the newest 3 jobs" in one.text)
    assert found.message is shown.message


async def test_a_form_is_refused_like_a_button_and_only_a_form_is_taken_for_one(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    [job] = (await person.enqueue(draw())).numbers
    await invokeai.until(job, "completed")
    before = invokeai.writes()
    for custom_id, name, words in (
        (f"job:tweaked:invokeai:{job}", "guest", "That needs"),
        (f"job:tweaked:invokeai:{job}", "stranger", "DISCORD_GUILD_IDS"),
        (f"job:tweaked:invokeai:{job}", "operator", "The number of images is a whole number"),
        (f"job:saved-as-style:invokeai:{job}", "guest", "That needs"),
        (f"job:saved-as-style:invokeai:{job}", "operator", "A style's name has 1 to 40 letters"),
        ("job:tweaked:invokeai:999999", "operator", "The number of images is a whole number"),
        *((f"job:{action}:invokeai:{job}", "admin", "too old") for action in ("again", "tweak", "delete")),
        ("form:use-as-input:7", "guest", "That needs"),
        ("form:use-as-input:7", "creator", "no longer knows which picture"),
        ("jobs:pick:invokeai", "admin", "too old"),
        ("jobs:search:invokeai:a", "stranger", "DISCORD_GUILD_IDS"),
        ("workflow:form:7:0", "guest", "That needs"),
        ("workflow:form:7:0", "creator", "no longer kept"),
        ("workflow:queue:7", "admin", "too old"),
    ):
        who, channel = studio.people[name]
        opened = await who.slash(channel, "queue")
        opened.interaction.modal = {"custom_id": custom_id, "title": "Forged", "components": []}
        answer = await who.submit(opened)
        assert answer.ephemeral
        assert words in answer.text, f"{name} fills in {custom_id}"
    assert invokeai.writes() == before
    assert not [line for line in bot.log if "Traceback" in line]


async def test_autocomplete_tells_a_stranger_nothing(bot: BotProcess, studio: Studio, person: Person) -> None:
    del bot
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    who, channel = studio.people["stranger"]
    assert await who.autocomplete(channel, "job", job="") == []
    assert await studio.person("guest").autocomplete(studio.channel, "cancel", job="") == []
    assert len(await studio.person("operator").autocomplete(studio.channel, "cancel", job="")) == 3


async def test_in_a_team_who_accepted_and_may_develop_is_an_owner(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    guest = studio.person("guest")
    team = [
        (TeamMember(guest.user, accepted=False, role="admin"), False),
        (TeamMember(guest.user, role="read_only"), False),
        (TeamMember(guest.user), True),
    ]
    for member, owns in team:
        studio.discord.world.team[:] = [member]
        bot = bot_process(studio, invokeai.url, tmp_path)
        await bot.start()
        await bot.says("discord_connected", within=20)
        answer = await guest.slash(studio.channel, "prune")
        assert ("That needs" in answer.text) is not owns
        assert "That needs" not in (await studio.person("owner").slash(studio.channel, "prune")).text
        assert await bot.stop() == 0


async def test_by_a_user_install_only_the_owner_is_answered(bot: BotProcess, studio: Studio) -> None:
    del bot
    panel = plant(studio, studio.channel, ["queue:refresh:invokeai"])
    studio.guild.state.installed = False
    for name in ("guest", "operator", "admin"):
        who = studio.person(name)
        assert "Installed for yourself" in (await who.slash(studio.channel, "queue")).text
        assert "Installed for yourself" in (await who.press(panel, "queue:refresh:invokeai")).text
        assert await who.autocomplete(studio.channel, "job", job="") == []
    assert "Idle" in (await studio.person("owner").slash(studio.channel, "queue")).text


async def test_in_direct_messages_only_the_owner_is_answered(bot: BotProcess, studio: Studio) -> None:
    del bot
    assert "direct messages" in (await studio.person("admin").slash(None, "queue")).text
    assert "Idle" in (await studio.person("owner").slash(None, "queue")).text
