"""/queue where several InvokeAI are served: who may see which of them, and where the answer stands."""

from dataclasses import replace
from typing import Any, cast

import pytest
from privacy_place import PROMPT, FakeInteraction, Place

from bot.controls.servers import Servers
from bot.domain.access import Capability
from bot.domain.subscriptions import ENDS, Preferences, Subscription
from bot.errors import AccessRefused, RequestRefused
from cogs import all_queues
from cogs.queue import QueueCog
from cogs.statistics import StatisticsCog

ALL = Subscription(42, 7, None, ENDS)


class Several:
    """`studio` and `attic`, each with the jobs of a `Place`."""

    def __init__(self, subscription: Subscription | None = ALL) -> None:
        self.studio, self.attic = Place(subscription), Place(subscription)
        controls = [
            replace(self.studio.controls, server="studio"),
            replace(self.attic.controls, server="attic"),
        ]
        self.servers = Servers(controls)

    def interaction(self, capability: Capability = Capability.VIEW) -> FakeInteraction:
        interaction = self.studio.interaction(capability)
        interaction.client.servers = self.servers
        return interaction

    async def queue(
        self, interaction: FakeInteraction, *, server: str | None = None, public: bool = False
    ) -> str:
        cog = cast("Any", QueueCog)(interaction.client)
        await cast("Any", QueueCog.queue).callback(cog, interaction, server, public=public)
        return interaction.shown.words


async def test_without_a_server_all_are_shown_and_with_one_its_own_panel() -> None:
    place = Several()
    words = await place.queue(place.interaction())
    assert "**studio** · " in words
    assert "**attic** · " in words
    assert "queues:open" in words
    words = await place.queue(place.interaction(), server="attic")
    assert "attic" in words
    assert "studio" not in words
    assert "queues:all" in words


async def test_a_channel_that_is_about_one_server_is_shown_that_one() -> None:
    place = Several(replace(ALL, servers=frozenset({"attic"})))
    words = await place.queue(place.interaction())
    assert "studio" not in words


async def test_a_guest_shares_only_what_the_channel_hears_of_all_servers() -> None:
    place = Several()
    interaction = place.interaction()
    await place.queue(interaction, public=True)
    assert interaction.shown.public
    some = Several(replace(ALL, servers=frozenset({"attic", "loft"})))
    with pytest.raises(AccessRefused):
        await some.queue(some.interaction(), public=True)
    await some.queue(some.interaction(Capability.OPERATE), public=True)


async def test_prompts_are_hidden_where_the_channel_hides_them() -> None:
    open_place, hidden = Several(), Several(replace(ALL, preferences=Preferences(hide_prompts=True)))
    assert PROMPT in await open_place.queue(open_place.interaction())
    assert PROMPT not in await hidden.queue(hidden.interaction())


async def test_a_server_that_is_away_is_said_to_be_and_not_asked() -> None:
    place = Several()
    place.attic.state.reachable = False
    words = await place.queue(place.interaction())
    assert "**attic** does not answer" in words
    assert "**studio** · " in words
    assert place.attic.queue.asked == []


async def test_one_is_picked_from_the_panel_and_what_is_not_there_is_refused() -> None:
    place = Several()
    interaction = place.interaction()
    cast("Any", interaction).data = {"values": ["attic"]}
    await all_queues.pick(interaction.own)
    assert "attic" in interaction.shown.words
    assert "studio" not in interaction.shown.words
    cast("Any", interaction).data = {"values": ["cellar"]}
    with pytest.raises(RequestRefused):
        await all_queues.pick(interaction.own)


async def test_a_guest_shares_statistics_only_where_the_channel_hears_of_all_servers() -> None:
    place = Several(replace(ALL, servers=frozenset({"studio"})))
    interaction = place.interaction()
    interaction.client.statistics = None  # so that it fails otherwise
    cog = cast("Any", StatisticsCog)(interaction.client)
    with pytest.raises(AccessRefused):
        await cast("Any", StatisticsCog.stats).callback(cog, interaction, public=True)
