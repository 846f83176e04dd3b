"""Jobs looked up as a person types their number."""

from collections.abc import Sequence

import pytest
from fakes import FakeQueue, Seconds, job

from bot.controls.jobs import MAX_PAGES, MEMO_LIFETIME, JobLookup
from bot.controls.known_jobs import KnownJobs
from bot.domain.actions import ANY, RETRIABLE
from bot.domain.jobs import Job, JobPage, JobStatus, Recipe
from bot.errors import InvokeAIUnavailable, RequestRefused

DONE, FAILED, CANCELED = JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED

FAILED_ONLY = frozenset({FAILED})


def lookup(queue: FakeQueue) -> JobLookup:
    return JobLookup(queue, KnownJobs(queue), Seconds())


def numbers(jobs: list[Job]) -> list[int]:
    return [one.number for one in jobs]


def thousands(*numbers: int) -> FakeQueue:
    """12,000 done jobs, and those of `numbers` failed."""
    queue = FakeQueue(*(job(number, DONE) for number in range(1, 12_001)))
    for number in numbers:
        queue.end(number, FAILED)
    return queue


async def test_suggestions_are_of_the_wanted_states_newest_first() -> None:
    queue = FakeQueue(job(11, FAILED), job(12, CANCELED), job(13, DONE), job(21, FAILED))
    assert numbers(await lookup(queue).suggestions("#1", RETRIABLE)) == [12, 11]
    assert numbers(await lookup(queue).suggestions("", RETRIABLE)) == [21, 12, 11]
    assert numbers(await lookup(queue).suggestions(" #", ANY)) == [21, 13, 12, 11]


@pytest.mark.parametrize("typed", ["fox", "0", "1a", "-1", "٣", "9" * 30])
async def test_what_is_no_number_is_looked_for_in_the_newest_hundred_prompts(typed: str) -> None:
    queue = thousands()
    assert await lookup(queue).suggestions(typed, ANY) == []
    assert sum(asked.startswith("jobs") for asked in queue.asked) == MAX_PAGES


async def test_jobs_are_found_by_the_words_of_their_prompts() -> None:
    queue = FakeQueue(*(job(number, DONE, recipe=Recipe(f"Fox {number} in snow")) for number in range(1, 31)))
    assert numbers(await lookup(queue).suggestions("snow fox 7", ANY)) == [27, 17, 7]
    assert await lookup(queue).suggestions("snow fox", FAILED_ONLY) == []


async def test_where_prompts_are_hidden_nothing_is_found_by_them_and_nothing_asked() -> None:
    queue = FakeQueue(job(1, DONE, recipe=Recipe("fox")))
    assert await lookup(queue).suggestions("fox", ANY, by_prompt=False) == []
    assert queue.asked == []


async def test_suggestions_have_their_prompts_and_come_without_where_those_are_late() -> None:
    queue = FakeQueue(job(1, DONE, recipe=Recipe("fox")))
    [found] = await lookup(queue).suggestions("1", ANY)
    assert found.recipe == Recipe("fox")

    class Slow(FakeQueue):
        async def many(self, numbers: Sequence[int]) -> list[Job]:
            raise TimeoutError

    [found] = await lookup(Slow(*queue.items.values())).suggestions("1", ANY)
    assert (found.number, found.recipe) == (1, None)


@pytest.mark.parametrize(
    ("typed", "first", "count"),
    [
        ("812", 8129, 11),
        ("11999", 11_999, 1),
        ("1", 12_000, 25),
        ("9", 9999, 25),
        ("7", 7999, 25),
        ("13", 1399, 25),
    ],
)
async def test_old_jobs_are_found_by_the_beginning_of_their_number(
    typed: str, first: int, count: int
) -> None:
    found = numbers(await lookup(thousands()).suggestions(typed, ANY))
    assert (found[0], len(found)) == (first, count)
    assert all(str(number).startswith(typed) for number in found)
    assert found == sorted(set(found), reverse=True)


async def test_an_old_failed_job_is_found_by_its_whole_number() -> None:
    assert numbers(await lookup(thousands(812)).suggestions("812", RETRIABLE)) == [812]


async def test_a_keystroke_asks_for_25_jobs_at_a_time_and_the_same_again_only_after_two_seconds() -> None:
    queue, clock = thousands(), Seconds()
    subject = JobLookup(queue, KnownJobs(queue), clock)
    for typed in ("", "1", "12", "120", "12000"):
        await subject.suggestions(typed, ANY)
    asked = list(queue.asked)
    assert len(asked) == len(set(asked))
    assert all(int(one.rpartition(" ")[2]) <= 25 for one in asked if one.startswith("jobs"))
    for typed in ("12000", "120", "12", "1", ""):
        await subject.suggestions(typed, ANY)
    assert queue.asked == asked
    clock.now += MEMO_LIFETIME.total_seconds()
    queue.items[12_001] = job(12_001, DONE)
    assert numbers(await subject.suggestions("", ANY))[0] == 12_001


async def test_few_of_the_wanted_state_are_looked_for_a_little_further_down() -> None:
    assert numbers(await lookup(thousands(11_930)).suggestions("", RETRIABLE)) == [11_930]
    queue = thousands(1)
    assert await lookup(queue).suggestions("", RETRIABLE) == []
    assert len(queue.asked) == 4


class Away(FakeQueue):
    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = 10
    ) -> JobPage:
        raise InvokeAIUnavailable("away")


async def test_nothing_is_suggested_while_invokeai_is_away() -> None:
    assert await lookup(Away()).suggestions("1", ANY) == []


async def test_where_no_job_has_ended_there_is_no_latest() -> None:
    with pytest.raises(RequestRefused, match="No job has failed yet"):
        await lookup(FakeQueue(job(1, DONE))).latest(FAILED)
