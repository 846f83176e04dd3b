"""A channel's filters by the names that people know."""

import asyncio
from dataclasses import replace

import pytest
from fakes import FakeGallery, FakePeople, FakeQueue, Seconds, job

from bot.controls.filters import FilterNames
from bot.domain.events import EventKind
from bot.domain.jobs import Board, Job, JobStatus, Purpose
from bot.domain.subscriptions import ENDS, FilterTrial, Preferences, PreferencesChange, Subscription
from bot.errors import InvokeAIUnavailable, RequestRefused

FOXES, HENS, TWINS = Board("b-1", "Foxes"), Board("b-2", "Hens, white"), Board("b-3", "foxes")


class Place:
    def __init__(self) -> None:
        self.queue, self.people, self.gallery, self.time = FakeQueue(), FakePeople(), FakeGallery(), Seconds()
        self.gallery.all_boards = [FOXES, HENS]
        self.filters = FilterNames(self.queue, self.people, self.gallery, self.time)

    async def board(self, text: str) -> str | None:
        return (await self.filters.resolved(PreferencesChange(board=text))).board


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("Foxes", "b-1"),
        (" FOXES , none", "b-1,none"),
        ("b-1", "b-1"),
        ("B-2, foxes", "b-2,b-1"),
        ("hens, white", "b-2"),
        ("any", "any"),
        ("none", "none"),
    ],
)
async def test_boards_are_known_by_name_and_by_id(typed: str, ids: str) -> None:
    assert await Place().board(typed) == ids


async def test_two_boards_of_one_name_are_both_meant() -> None:
    place = Place()
    place.gallery.all_boards.append(TWINS)
    assert await place.board("foxes") == "b-1,b-3"


async def test_a_board_that_is_not_there_is_refused_with_those_that_are() -> None:
    place = Place()
    with pytest.raises(RequestRefused, match=r"^InvokeAI has no board cats\. It has Foxes, Hens, white\.$"):
        await place.board("foxes, cats")
    place.gallery.all_boards = [Board(f"b-{number}", f"Board {number}") for number in range(7)]
    with pytest.raises(RequestRefused, match="Board 4 and 2 more"):
        await place.board("cats")
    place.gallery.all_boards = []
    with pytest.raises(RequestRefused, match="It has none yet"):
        await place.board("cats")


async def test_users_are_checked_where_they_can_be_told() -> None:
    place = Place()
    for names, typed, said in (
        (("Ann", "Bob"), "ann, BOB", None),
        (("Ann", "Bob"), "Carol", "InvokeAI has no user Carol. It has Ann, Bob."),
        ((), "Ann", "This InvokeAI has no accounts, so no job of it has a user."),
        (None, "Ann", None),
        ((), "any", None),
    ):
        place.people.names = names
        change = PreferencesChange(user=typed)
        if said is None:
            assert await place.filters.resolved(change) == change
        else:
            with pytest.raises(RequestRefused) as refused:
                await place.filters.resolved(change)
            assert str(refused.value) == said


async def test_what_is_set_already_stays_without_a_look() -> None:
    place = Place()
    place.people.names = ("Ann",)
    change = PreferencesChange(board="B-GONE,foxes", user="Gone,ann")
    kept = await place.filters.resolved(change, kept={"b-gone", "gone"})
    assert (kept.board, kept.user) == ("B-GONE,b-1", "Gone,ann")
    with pytest.raises(RequestRefused, match="no board B-GONE"):
        await place.filters.resolved(change, kept={"gone"})


class CountingGallery(FakeGallery):
    """`away` from the third question on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def boards(self) -> list[Board]:
        self.asked += 1
        if self.asked > 2:
            raise InvokeAIUnavailable("away")
        return [FOXES]


async def test_names_are_asked_once_in_a_while_and_none_are_told_while_invokeai_is_away() -> None:
    gallery, time = CountingGallery(), Seconds()
    filters = FilterNames(FakeQueue(), FakePeople(), gallery, time)
    assert await filters.board_names() == {"b-1": "Foxes"}
    assert await filters.board_names() == {"b-1": "Foxes"}
    assert gallery.asked == 1
    time.now += 11
    assert await filters.board_names() == {"b-1": "Foxes"}
    time.now += 11
    assert await filters.board_names() == {}


async def test_of_the_newest_jobs_that_ended_those_count_that_would_have_been_told() -> None:
    place = Place()
    jobs = [
        replace(job(1, JobStatus.COMPLETED), boards=("b-1",)),
        replace(job(2, JobStatus.COMPLETED), boards=("b-2",)),
        replace(job(3, JobStatus.FAILED), boards=("b-1",)),
        replace(job(4, JobStatus.COMPLETED), boards=("b-1",), purpose=Purpose.STAGING),
        job(5, JobStatus.IN_PROGRESS),
    ]
    place.queue.items = {one.number: one for one in jobs}
    channel = Subscription(1, 2, None, ENDS, Preferences(boards=frozenset({"b-1"})))
    trial = await place.filters.trial(channel)
    assert trial is not None
    assert (trial.told, trial.looked_at) == (2, 4)
    pictures = Subscription(1, 2, None, frozenset({EventKind.COMPLETED}))
    assert await place.filters.trial(pictures) == FilterTrial(2, 4)
    place.queue.away = True
    assert await place.filters.trial(channel) is None


async def test_a_job_is_read_whole_once_a_minute() -> None:
    place = Place()
    place.queue.items = {number: job(number, JobStatus.COMPLETED) for number in (1, 2)}
    channel = Subscription(1, 2, None, ENDS)
    reads: list[int] = []
    for seconds in (0, 59, 1):
        place.time.now += seconds
        assert await place.filters.trial(channel) == FilterTrial(2, 2)
        reads.append(sum(asked.startswith("job ") for asked in place.queue.asked))
    assert reads == [2, 2, 4]


class SlowQueue(FakeQueue):
    """`most`: so many jobs were read at once."""

    at_once = most = 0

    async def job(self, number: int) -> Job:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return await super().job(number)


async def test_no_more_than_a_few_jobs_are_read_at_once() -> None:
    queue = SlowQueue(*(job(number, JobStatus.COMPLETED) for number in range(1, 60)))
    filters = FilterNames(queue, FakePeople(), FakeGallery(), Seconds())
    trial = await filters.trial(Subscription(1, 2, None, ENDS, Preferences(users=frozenset({"x"}))))
    assert trial is not None
    assert (trial.looked_at, queue.most) == (50, 5)
