"""A channel that hears of several InvokeAI: whose boards, users and jobs count."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import FakeGallery, FakePeople, FakeQueue, Seconds, job

from bot.controls.channel_filters import ChannelFilters
from bot.controls.filters import FilterNames
from bot.domain.events import EventKind
from bot.domain.jobs import Board, JobStatus
from bot.domain.subscriptions import ENDS, FilterTrial, PreferencesChange, Subscription
from bot.errors import InvokeAIUnavailable, RequestRefused

ALL = Subscription(1, 2, None, ENDS)
STUDIO = replace(ALL, servers=frozenset({"studio"}))


class Gallery(FakeGallery):
    def __init__(self, *boards: Board) -> None:
        super().__init__()
        self.all_boards = list(boards)
        self.away = False

    async def boards(self) -> list[Board]:
        if self.away:
            raise InvokeAIUnavailable("attic is away")
        return self.all_boards


class Place:
    def __init__(self) -> None:
        self.galleries = {
            "studio": Gallery(Board("s-1", "Foxes"), Board("s-2", "Hens")),
            "attic": Gallery(Board("a-1", "Foxes")),
        }
        self.people = {"studio": FakePeople("Ann", "Bob"), "attic": FakePeople("Bob", "Cid")}
        self.queues = {"studio": FakeQueue(), "attic": FakeQueue()}
        self.filters = ChannelFilters(
            {
                name: FilterNames(self.queues[name], self.people[name], self.galleries[name], Seconds())
                for name in self.queues
            }
        )

    async def board(
        self, text: str, before: Subscription | None = None, server: str | None = None
    ) -> str | None:
        return (await self.filters.resolved(PreferencesChange(board=text, server=server), before)).board


@pytest.mark.parametrize(
    ("before", "server", "typed", "ids"),
    [
        (None, None, "Foxes", "s-1,a-1"),
        (ALL, None, "foxes, hens", "s-1,a-1,s-2"),
        (STUDIO, None, "Foxes", "s-1"),
        (STUDIO, "any", "Foxes", "s-1,a-1"),
        (ALL, "attic", "Foxes", "a-1"),
        (ALL, None, "none", "none"),
    ],
)
async def test_a_boards_name_means_the_boards_of_each_server_that_the_channel_hears(
    before: Subscription | None, server: str | None, typed: str, ids: str
) -> None:
    assert await Place().board(typed, before, server) == ids


async def test_a_board_of_a_server_that_the_channel_does_not_hear_is_refused() -> None:
    with pytest.raises(RequestRefused, match="InvokeAI has no board Hens"):
        await Place().board("Hens", server="attic")


async def test_a_server_that_is_away_only_matters_for_what_no_other_one_has() -> None:
    place = Place()
    place.galleries["attic"].away = True
    assert await place.board("Hens") == "s-2"
    with pytest.raises(InvokeAIUnavailable, match="attic is away"):
        await place.board("Cats")


async def test_users_of_any_server_are_known() -> None:
    place = Place()
    change = PreferencesChange(user="ann, CID")
    assert await place.filters.resolved(change, ALL) == change
    with pytest.raises(RequestRefused, match=r"no user Dot\. It has Ann, Bob, Cid\."):
        await place.filters.resolved(PreferencesChange(user="Dot"), ALL)
    place.people["attic"].names = None
    assert await place.filters.resolved(PreferencesChange(user="Dot"), ALL)


async def test_a_server_that_is_not_there_is_refused_unless_it_is_set_already() -> None:
    filters = Place().filters
    with pytest.raises(
        RequestRefused, match=r"^This bot serves no InvokeAI called cellar\. It serves studio, attic\.$"
    ):
        await filters.resolved(PreferencesChange(server="studio, cellar"), ALL)
    gone = replace(ALL, servers=frozenset({"cellar"}))
    kept = PreferencesChange(server="Studio, cellar")
    assert (await filters.resolved(kept, gone)).of(gone).servers == {"studio", "cellar"}


async def test_no_board_is_found_where_all_servers_of_the_channel_are_gone() -> None:
    with pytest.raises(RequestRefused, match="no longer configured"):
        await Place().board("Foxes", replace(ALL, servers=frozenset({"cellar"})))


async def test_boards_are_named_with_their_server_where_the_channel_hears_of_several() -> None:
    filters = Place().filters
    assert await filters.board_names(filters.heard(ALL)) == {
        "s-1": "studio: Foxes",
        "s-2": "studio: Hens",
        "a-1": "attic: Foxes",
    }
    assert await filters.board_names(filters.heard(STUDIO)) == {"s-1": "Foxes", "s-2": "Hens"}
    assert await filters.board_names(filters.heard(None, "attic, ")) == {"a-1": "Foxes"}
    assert await filters.user_names(filters.heard(ALL)) == ("Ann", "Bob", "Cid")


async def test_the_newest_jobs_of_all_servers_are_tried_and_no_more_are_read_than_of_one() -> None:
    place = Place()
    for name, status in (("studio", JobStatus.COMPLETED), ("attic", JobStatus.FAILED)):
        for number in range(1, 41):
            done = replace(job(number, status), server=name)
            began = done.created_at + timedelta(minutes=2 * number + (name == "attic"))
            place.queues[name].items[number] = replace(done, completed_at=began)
    failures = replace(ALL, kinds=frozenset({EventKind.FAILED}))
    assert await place.filters.trial(failures) == FilterTrial(25, 50)
    read = [sum(asked.startswith("job ") for asked in queue.asked) for queue in place.queues.values()]
    assert read == [25, 25]
    assert await place.filters.trial(STUDIO) == FilterTrial(40, 40)


async def test_the_trial_goes_without_a_server_that_is_away() -> None:
    place = Place()
    place.queues["studio"].items[1] = replace(job(1, JobStatus.COMPLETED), server="studio")
    place.queues["attic"].away = True
    assert await place.filters.trial(ALL) == FilterTrial(1, 1)
    place.queues["studio"].items.clear()
    assert await place.filters.trial(ALL) == FilterTrial(0, 0)
    place.queues["studio"].away = True
    assert await place.filters.trial(ALL) is None
