"""Who may do what: every command, for everybody; what is refused changes nothing and is said in private."""

from typing import Any

from house import InvokeAI, Studio
from person import Person, draw

from sandbox.bot_process import BotProcess

VIEW: list[tuple[str, dict[str, Any]]] = [
    ("queue", {}),
    ("jobs", {}),
    ("latest", {}),
    ("job", {"job": 1}),
]
OPERATE: list[tuple[str, dict[str, Any]]] = [
    ("cancel", {}),
    *(("cancel", {"job": 1, "scope": scope}) for scope in ("job", "batch", "waiting", "all")),
    ("pause", {}),
    ("resume", {}),
]
ADMIN: list[tuple[str, dict[str, Any]]] = [(f"notify {word}", {}) for word in ("show", "test", "off", "here")]
MAY = {
    "guest": VIEW,
    "operator": VIEW + OPERATE,
    "admin": VIEW + OPERATE + ADMIN,
    "owner": VIEW + OPERATE + ADMIN,
    "stranger": [],
}


async def test_what_is_refused_changes_nothing_and_is_said_in_private(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    for name, (who, channel) in studio.people.items():
        for command, options in VIEW + OPERATE + ADMIN:
            if (command, options) in MAY[name]:
                continue
            before, shown = invokeai.writes(), len(channel.messages)
            answer = await who.slash(channel, command, **options)
            what = f"{name} /{command} {options}"
            assert answer.ephemeral, what
            assert not answer.deferred, what
            assert ("That needs" in answer.text) != (name == "stranger"), what
            assert ("DISCORD_GUILD_IDS" in answer.text) == (name == "stranger"), what
            assert invokeai.writes() == before, what
            assert len(channel.messages) == shown, what


async def test_what_is_allowed_is_done(bot: BotProcess, studio: Studio, person: Person) -> None:
    del bot
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    for name, (who, channel) in studio.people.items():
        for command, options in MAY[name]:
            answer = await who.slash(channel, command, **options)
            assert "That needs" not in answer.text, f"{name} /{command} {options}"
            assert "went wrong" not in answer.text, f"{name} /{command} {options}"


async def test_autocomplete_tells_a_stranger_nothing(bot: BotProcess, studio: Studio, person: Person) -> None:
    del bot
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    who, channel = studio.people["stranger"]
    assert await who.autocomplete(channel, "job", job="") == []
    assert await studio.person("guest").autocomplete(studio.channel, "cancel", job="") == []
    assert len(await studio.person("operator").autocomplete(studio.channel, "cancel", job="")) == 3


async def test_in_direct_messages_only_the_owner_is_answered(bot: BotProcess, studio: Studio) -> None:
    del bot
    assert "direct messages" in (await studio.person("admin").slash(None, "queue")).text
    assert "6.14.2" in (await studio.person("owner").slash(None, "queue")).text
