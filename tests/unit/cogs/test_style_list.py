"""/style list where several InvokeAI are served: which of them can run each style."""

from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fakes import MORNING
from privacy_place import Place

from bot.domain.creation import StyleList, StyleView, Template
from bot.domain.styles import SavedStyle, StyleName
from cogs.styles import MAX_CHECKS, StylesCog


class FakeStyles:
    def __init__(self, *names: str) -> None:
        self.known = [StyleName(7, name, "studio", 812, 5, MORNING) for name in names]

    async def listed(self, guild_id: int, channel_id: int | None) -> StyleList:
        del guild_id, channel_id
        return StyleList(self.known)

    async def view(self, guild_id: int, name: str) -> StyleView:
        [about] = [one for one in self.known if (one.guild_id, one.name) == (guild_id, name)]
        return StyleView(SavedStyle(about, f"graph of {name}"), cast("Any", None))


class FakePlacing:
    """`attic` lacks what Hens needs."""

    async def able(self, template: Template, among: Collection[str]) -> Mapping[str, str | None]:
        lacks = template.graph == "graph of Hens"
        return {server: "it is gone" if lacks and server == "attic" else None for server in sorted(among)}


async def listed(styles: FakeStyles, *servers: str) -> str:
    several = SimpleNamespace(several=len(servers) > 1, names=frozenset(servers), placing=FakePlacing())
    interaction = Place(None).interaction()
    cast("Any", interaction).guild_id = 7
    bot = SimpleNamespace(controls=SimpleNamespace(styles=styles), servers=several)
    await cast("Any", StylesCog.list).callback(cast("Any", StylesCog)(bot), interaction)
    return interaction.shown.words


async def test_each_style_says_which_servers_can_run_it() -> None:
    words = await listed(FakeStyles("Foxes", "Hens"), "studio", "attic")
    assert "**Foxes** · from studio#812 · on each server" in words
    assert "**Hens** · from studio#812 · on studio" in words


@pytest.mark.parametrize("servers", [("invokeai",), tuple(f"s{number}" for number in range(MAX_CHECKS + 1))])
async def test_with_one_server_or_with_many_none_is_asked(servers: tuple[str, ...]) -> None:
    words = await listed(FakeStyles("Foxes"), *servers)
    assert "Foxes" in words
    assert " · on " not in words
