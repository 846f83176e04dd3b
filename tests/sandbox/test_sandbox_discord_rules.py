"""What Discord refuses, the sandbox refuses, with Discord's status and code. No client library between."""

from typing import Any

import pytest
from sandbox_discord_support import places, raw, studio

V2 = 1 << 15
SEND = "/channels/{channel}/messages"


def button(custom_id: str | None = "a", **more: Any) -> dict[str, Any]:
    return {
        "type": 2,
        "style": 1,
        "label": "b",
        **({"custom_id": custom_id} if custom_id is not None else {}),
        **more,
    }


def row(*children: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(children)}


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def menu(count: int, **more: Any) -> dict[str, Any]:
    options = [{"label": str(number), "value": str(number)} for number in range(count)]
    return {"type": 3, "custom_id": "m", "options": options, **more}


def embed(**parts: Any) -> dict[str, Any]:
    return {"embeds": [parts]}


def v2(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"flags": V2, "components": list(components), **more}


FINE: dict[str, dict[str, Any]] = {
    "2000 characters": {"content": "x" * 2000},
    "an embed of 6000 in all": embed(
        description="x" * 4096, fields=[{"name": "n" * 104, "value": "v" * 900}] * 1
    )
    | {"content": "x"},
    "five buttons": {"content": "x", "components": [row(*(button(str(n)) for n in range(5)))]},
    "a link": {"content": "x", "components": [row(button(None, style=5, url="https://example.org"))]},
    "4000 characters of text": v2(text("x" * 4000)),
    "40 components": v2(*(text("x") for _ in range(40))),
    "a nonce of 25": {"content": "x", "nonce": "n" * 25},
    "a number as nonce": {"content": "x", "nonce": 2**62},
    "a menu": {"content": "x", "components": [row(menu(25, max_values=25))]},
    "only an embed": embed(title="t", flags=0),
}
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "nothing": ({}, 50006, ""),
    "blanks": ({"content": "  \n"}, 50006, ""),
    "an empty embed": (embed(), 50006, ""),
    "only a colour": (embed(color=1), 50006, ""),
    "2001 characters": ({"content": "x" * 2001}, 50035, "content"),
    "a number as content": ({"content": 5}, 50035, "content"),
    "an unknown key": ({"content": "x", "colour": 1}, 50035, "colour"),
    "a nonce of 26": ({"content": "x", "nonce": "n" * 26}, 50035, "nonce"),
    "11 embeds": ({"embeds": [{"title": "t"}] * 11}, 50035, "embeds"),
    "an embed title of 257": (embed(title="x" * 257), 50035, "embeds.0.title"),
    "a description of 4097": (embed(description="x" * 4097), 50035, "embeds.0.description"),
    "a field name of 257": (
        embed(fields=[{"name": "x" * 257, "value": "v"}]),
        50035,
        "embeds.0.fields.0.name",
    ),
    "a field value of 1025": (
        embed(fields=[{"name": "n", "value": "x" * 1025}]),
        50035,
        "embeds.0.fields.0.value",
    ),
    "an empty field": (embed(fields=[{"name": "n", "value": ""}]), 50035, "embeds.0.fields.0.value"),
    "26 fields": (embed(fields=[{"name": "n", "value": "v"}] * 26), 50035, "embeds.0.fields"),
    "a footer of 2049": (embed(footer={"text": "x" * 2049}), 50035, "embeds.0.footer.text"),
    "an author of 257": (embed(author={"name": "x" * 257}), 50035, "embeds.0.author.name"),
    "embeds of 6001 in all": (
        {"embeds": [{"description": "x" * 3000}] * 2 + [{"title": "x"}]},
        50035,
        "embeds",
    ),
    "an embed's key in English": (embed(title="t", colour=1), 50035, "embeds.0.colour"),
    "a picture that is not attached": (
        embed(image={"url": "attachment://a.png"}),
        50035,
        "embeds.0.image.url",
    ),
    "a picture by another scheme": (embed(image={"url": "file:///etc/passwd"}), 50035, "embeds.0.image.url"),
    "an attachment without a file": ({"content": "x", "attachments": [{"id": 0}]}, 50035, "attachments.0"),
    "six buttons in a row": (
        {"content": "x", "components": [row(*(button(str(n)) for n in range(6)))]},
        50035,
        "components.0.components",
    ),
    "six rows": (
        {"content": "x", "components": [row(button(str(n))) for n in range(6)]},
        50035,
        "components",
    ),
    "an empty row": ({"content": "x", "components": [row()]}, 50035, "components.0.components"),
    "a button beside a menu": (
        {"content": "x", "components": [row(button(), menu(1))]},
        50035,
        "components.0",
    ),
    "a button without custom_id": (
        {"content": "x", "components": [row(button(None))]},
        50035,
        "components.0.components.0.custom_id",
    ),
    "a custom_id of 101": (
        {"content": "x", "components": [row(button("x" * 101))]},
        50035,
        "components.0.components.0.custom_id",
    ),
    "a custom_id twice": (
        {"content": "x", "components": [row(button("a")), row(button("a"))]},
        50035,
        "components.1.components.0.custom_id",
    ),
    "a link with custom_id": (
        {"content": "x", "components": [row(button("a", style=5, url="https://example.org"))]},
        50035,
        "components.0.components.0.custom_id",
    ),
    "a button with nothing on it": (
        {"content": "x", "components": [row(button(label=None))]},
        50035,
        "components.0.components.0",
    ),
    "a label of 81": (
        {"content": "x", "components": [row(button(label="x" * 81))]},
        50035,
        "components.0.components.0.label",
    ),
    "26 options": (
        {"content": "x", "components": [row(menu(26))]},
        50035,
        "components.0.components.0.options",
    ),
    "a menu that wants more than it has": (
        {"content": "x", "components": [row(menu(2, max_values=3))]},
        50035,
        "components.0.components.0.max_values",
    ),
    "V2 without its flag": ({"components": [text("x")]}, 50035, "components.0.type"),
    "V2 with content": (v2(text("x"), content="y"), 50035, "content"),
    "V2 with embeds": (v2(text("x"), embeds=[{"title": "t"}]), 50035, "embeds"),
    "V2 with nothing": (v2(), 50006, ""),
    "V2 text of 4001 in all": (v2(text("x" * 4000), text("y")), 50035, "components"),
    "41 components": (v2({"type": 17, "components": [text("x")] * 40}), 50035, "components"),
    "a gallery of 11": (
        v2({"type": 12, "items": [{"media": {"url": "https://example.org/a.png"}}] * 11}),
        50035,
        "components.0.items",
    ),
    "a gallery picture that is not attached": (
        v2({"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}),
        50035,
        "components.0.items.0.media.url",
    ),
    "a section without accessory": (
        v2({"type": 9, "components": [text("x")]}),
        50035,
        "components.0.accessory",
    ),
    "a row in a section": (
        v2({"type": 9, "components": [row(button())], "accessory": button("z")}),
        50035,
        "components.0.components.0.type",
    ),
    "a component number twice": (v2(text("x") | {"id": 3}, text("y") | {"id": 3}), 50035, "components.1.id"),
}


@pytest.mark.parametrize("name", FINE)
async def test_what_is_within_the_limits_is_taken(name: str) -> None:
    async with studio() as (server, _guild, channel), raw(server) as request:
        status, headers, answer = await request("POST", SEND.format(channel=channel.id), FINE[name])
        assert status == 200, answer
        assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", REFUSED)
async def test_what_discord_refuses_is_refused(name: str) -> None:
    payload, code, place = REFUSED[name]
    async with studio(check=None) as (server, _guild, channel), raw(server) as request:
        status, _, answer = await request("POST", SEND.format(channel=channel.id), payload)
        assert (status, answer["code"]) == (400, code), answer
        assert not place or place in places(answer["errors"]), answer
        assert channel.messages == []
