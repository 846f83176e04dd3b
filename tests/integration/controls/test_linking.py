"""Which InvokeAI account is which person: made, replaced, removed, each in its own guild."""

from dataclasses import dataclass, field

import pytest
from fakes import Clock

from bot.controls.linking import Linking
from bot.domain.links import AccountLink
from bot.errors import InvokeAIUnavailable, RequestRefused
from bot.store.database import Database
from bot.store.links import Links, drop_links, link_of

ANN, BEN, HOME, AWAY, DEN = 9, 10, 7, 8, 70


@dataclass
class Accounts:
    known: dict[str, str] | None = field(default_factory=lambda: {"a-1": "Ann", "b-2": "Twin", "c-3": "Twin"})
    away: bool = False

    async def accounts(self) -> dict[str, str] | None:
        if self.away:
            raise InvokeAIUnavailable("InvokeAI does not answer.")
        return self.known


@dataclass
class Place:
    database: Database
    people: Accounts
    linking: Linking


@pytest.fixture
def place(database: Database) -> Place:
    people = Accounts()
    return Place(database, people, Linking("box", people, Links(database), Clock()))


async def test_a_user_is_linked_by_name_or_id_and_anew_to_another_person(place: Place) -> None:
    made = await place.linking.link(" ann ", ANN, HOME, DEN)
    assert made == AccountLink("box", "a-1", "Ann", ANN, HOME, DEN)
    assert await place.linking.all(HOME) == [made]
    again = await place.linking.link("a-1", BEN, HOME, DEN + 1)
    assert await place.linking.all(HOME) == [again]
    async with place.database.reading() as conn:
        assert await link_of(conn, "box", "a-1") == again
        assert await link_of(conn, "attic", "a-1") is None
        assert await link_of(conn, "box", "b-2") is None


@pytest.mark.parametrize(
    ("known", "user", "words"),
    [
        ({"a-1": "Ann"}, "zoe", "There is no user zoe"),
        ({"b-2": "Twin", "c-3": "Twin"}, "twin", "There are 2 users twin"),
        ({}, "ann", "has no accounts"),
        (None, "ann", "takes an admin's account"),
    ],
)
async def test_a_user_that_is_not_known_for_sure_is_not_linked(
    place: Place, known: dict[str, str] | None, user: str, words: str
) -> None:
    place.people.known = known
    with pytest.raises(RequestRefused, match=words):
        await place.linking.link(user, ANN, HOME, DEN)
    assert await place.linking.all(HOME) == []


async def test_another_guild_s_link_is_neither_seen_nor_replaced_nor_removed(place: Place) -> None:
    made = await place.linking.link("ann", ANN, HOME, DEN)
    with pytest.raises(RequestRefused, match="another Discord server"):
        await place.linking.link("ann", BEN, AWAY, DEN)
    with pytest.raises(RequestRefused, match="no user ann"):
        await place.linking.unlink("ann", AWAY)
    assert await place.linking.all(AWAY) == []
    assert await place.linking.all(HOME) == [made]


async def test_a_link_is_removed_while_invokeai_is_away_and_with_its_guild(place: Place) -> None:
    made = [await place.linking.link(user, ANN, HOME, DEN) for user in ("ann", "b-2")]
    place.people.away = True
    assert await place.linking.names() == {}
    assert await place.linking.unlink("Ann", HOME) == made[0]
    assert await place.linking.all(HOME) == made[1:]
    async with place.database.transaction() as conn:
        await drop_links(conn, HOME)
    assert await place.linking.all(HOME) == []
