"""The list of jobs: what is folded, what is read, what a search finds."""

from dataclasses import replace

from fakes import MORNING, FakeAskedFor, FakeQueue, job

from bot.controls.job_lists import MAX_FOLDED, MAX_SEARCHED, MAX_SEARCHED_FOR_OWN, PAGE, JobLists
from bot.controls.known_jobs import MAX_KNOWN, KnownJobs
from bot.domain.job_list import JobFilter, WaitingRun, board_key
from bot.domain.jobs import Job, JobStatus, Recipe
from bot.domain.queue import RunningJob
from bot.domain.submissions import Asker, Submission

RUNNING, WAITING, DONE, FAILED = (
    JobStatus.IN_PROGRESS,
    JobStatus.PENDING,
    JobStatus.COMPLETED,
    JobStatus.FAILED,
)
ALL = JobFilter()
SERVER, ANN, BOB = "invokeai", 5, 6


def asked(user_id: int, batch: str, *, jobs: int = 2, sent: int = 2) -> Submission:
    return Submission(1, SERVER, batch, Asker(user_id), MORNING, jobs, sent)


def lists(queue: FakeQueue, *asked: Submission) -> JobLists:
    async def running() -> list[RunningJob]:
        return [RunningJob(one) for one in queue.items.values() if one.status is RUNNING]

    return JobLists(SERVER, queue, KnownJobs(queue), running, FakeAskedFor(*asked))


def done(*numbers: int, prompt: str = "fox") -> list[Job]:
    return [job(number, DONE, recipe=Recipe(prompt)) for number in numbers]


def busy(waiting: int) -> FakeQueue:
    """Thirty that are done, one that runs, and those that wait behind it, four a batch."""
    return FakeQueue(
        *done(*range(1, 31)),
        job(31, RUNNING),
        *(job(number, WAITING, batch=f"b{number // 4}") for number in range(32, 32 + waiting)),
    )


async def test_what_runs_stands_first_and_what_waits_is_folded() -> None:
    page = await lists(busy(37)).page(ALL, None)
    assert [one.job.number for one in page.running] == [31]
    first, *rest = page.rows
    assert first == WaitingRun(32, 68, 37, 10)
    assert [row.number for row in rest if isinstance(row, Job)] == list(range(30, 22, -1))
    assert page.before == 23


async def test_one_job_that_waits_is_no_run() -> None:
    page = await lists(busy(1)).page(ALL, None)
    assert [row.number for row in page.rows if isinstance(row, Job)][:2] == [32, 30]


async def test_the_pages_together_hold_every_job_once() -> None:
    subject = lists(busy(5))
    seen: list[int] = []
    before: int | None = None
    while True:
        page = await subject.page(ALL, before)
        for row in page.rows:
            seen += [row.number] if isinstance(row, Job) else range(row.last, row.first - 1, -1)
        before = page.before
        if before is None:
            break
    assert seen == [36, 35, 34, 33, 32, *range(30, 0, -1)]


async def test_a_page_costs_the_same_with_a_long_history_and_no_more_than_so_much_in_a_long_queue() -> None:
    asked: list[list[str]] = []
    for history in (30, 3000):
        queue = FakeQueue(*done(*range(1, history)))
        await lists(queue).page(ALL, None)
        asked.append([one.partition(" ")[0] for one in queue.asked])
    assert asked[0] == asked[1]
    queue = busy(2000)
    page = await lists(queue).page(ALL, None)
    [run] = page.rows
    assert isinstance(run, WaitingRun)
    assert run.count == MAX_FOLDED
    assert page.before == run.first


async def test_rows_have_what_only_a_job_read_whole_tells_and_what_has_ended_is_read_once() -> None:
    queue = FakeQueue(*done(1, 2), job(3, WAITING, recipe=Recipe("hare")))
    subject = lists(queue)
    for _ in range(2):
        page = await subject.page(ALL, None)
        assert [one.recipe and one.recipe.prompt for one in page.jobs] == ["hare", "fox", "fox"]
    assert [one for one in queue.asked if one.startswith("whole")] == ["whole [3, 2, 1]", "whole [3]"]


async def test_a_job_that_cannot_be_read_whole_stays_in_the_list() -> None:
    queue = FakeQueue(*done(1, 2))
    queue.unreadable = {2}
    page = await lists(queue).page(ALL, None)
    assert [(one.number, one.recipe) for one in page.jobs] == [(2, None), (1, Recipe("fox"))]


async def test_no_more_jobs_are_remembered_than_that() -> None:
    queue = FakeQueue(*done(*range(1, MAX_KNOWN + 2)))
    known = KnownJobs(queue)
    jobs = (await queue.jobs(limit=MAX_KNOWN + 1)).jobs
    await known.whole(jobs)
    queue.asked.clear()
    await known.whole(jobs)
    assert len(queue.asked) == 1


async def test_a_search_finds_words_in_prompts_and_says_how_far_it_looked() -> None:
    queue = FakeQueue(*done(*range(1, 301), prompt="canyon"), *done(301, 250, 100, prompt="Red FOX in snow"))
    subject = lists(queue)
    page = await subject.page(JobFilter(words="snow fox"), None)
    assert [one.number for one in page.jobs] == [301, 250]
    assert (page.searched, page.before) == (MAX_SEARCHED, 202)
    further = await subject.page(JobFilter(words="snow fox"), 150)
    assert [one.number for one in further.jobs] == [100]


async def test_a_full_page_of_finds_ends_where_the_next_begins() -> None:
    subject = lists(FakeQueue(*done(*range(1, 16))))
    page = await subject.page(JobFilter(words="fox"), None)
    assert (len(page.jobs), page.before, page.searched) == (PAGE, 6, 10)
    rest = await subject.page(JobFilter(words="fox"), page.before)
    assert ([one.number for one in rest.jobs], rest.before) == ([5, 4, 3, 2, 1], None)


async def test_a_board_finds_only_what_lies_on_it() -> None:
    there, elsewhere = (replace(one, boards=(board,)) for one, board in zip(done(1, 2), "ab", strict=True))
    page = await lists(FakeQueue(there, elsewhere, *done(3))).page(JobFilter(board=board_key("a")), None)
    assert [one.number for one in page.jobs] == [1]


async def test_a_state_lists_its_jobs_one_by_one() -> None:
    subject = lists(busy(3))
    waiting = await subject.page(JobFilter(WAITING), None)
    assert [one.number for one in waiting.jobs] == [34, 33, 32]
    running = await subject.page(JobFilter(RUNNING), None)
    assert ([one.number for one in running.jobs], running.before) == ([31], None)
    assert (await subject.page(JobFilter(FAILED), None)).jobs == []


async def test_one_s_own_are_what_one_asked_for_and_nobody_else_s_is_read_whole() -> None:
    batches = {1: "ann", 2: "ann", 3: "bob", 4: "nobody"}
    ended = [job(number, DONE, batch=batch, recipe=Recipe("fox")) for number, batch in batches.items()]
    running = [job(5, RUNNING, batch="ann"), job(6, RUNNING, batch="bob")]
    queue = FakeQueue(*ended, *running)
    subject = lists(queue, asked(ANN, "ann", jobs=5), asked(BOB, "bob"))
    page = await subject.page(JobFilter(asker=ANN), None)
    assert [one.number for one in page.jobs] == [5, 2, 1]
    assert (page.searched, page.before, page.unsent) == (6, None, 3)
    assert [one for one in queue.asked if one.startswith("whole")] == ["whole [5, 2, 1]"]
    theirs = await subject.page(JobFilter(asker=BOB), None)
    assert [one.number for one in theirs.jobs] == [6, 3]
    assert (await subject.page(JobFilter(asker=7), None)).jobs == []


async def test_among_one_s_own_a_state_and_words_are_looked_for_too() -> None:
    failed = job(3, FAILED, batch="ann", recipe=Recipe("fox"))
    queue = FakeQueue(*done(1), failed, job(4, RUNNING, batch="ann"))
    subject = lists(queue, asked(ANN, "ann"))
    assert [one.number for one in (await subject.page(JobFilter(FAILED, asker=ANN), None)).jobs] == [3]
    assert (await subject.page(JobFilter(FAILED, words="hare", asker=ANN), None)).jobs == []
    running = await subject.page(JobFilter(RUNNING, asker=ANN), None)
    assert [one.number for one in running.jobs] == [4]


async def test_one_s_own_are_looked_for_further_back_and_the_next_page_goes_on_there() -> None:
    queue = FakeQueue(*(job(number, DONE, batch="ann" if number <= 2 else "b") for number in range(1, 301)))
    subject = lists(queue, asked(ANN, "ann"))
    page = await subject.page(JobFilter(asker=ANN), None)
    assert (page.jobs, page.searched, page.before) == ([], MAX_SEARCHED_FOR_OWN, 101)
    rest = await subject.page(JobFilter(asker=ANN), page.before)
    assert [one.number for one in rest.jobs] == [2, 1]


async def test_a_running_job_that_is_searched_for_stands_there_once() -> None:
    queue = FakeQueue(job(1, RUNNING, recipe=Recipe("fox")))
    page = await lists(queue).page(JobFilter(RUNNING, words="fox"), None)
    assert [one.number for one in page.jobs] == [1]
