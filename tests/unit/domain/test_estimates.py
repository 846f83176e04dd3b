from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.estimates import MAX_KINDS, REMEMBERED, Estimates
from bot.domain.jobs import Job, JobStatus, Recipe
from bot.domain.queue import QueueStatus

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def job(seconds: float, *, model: str | None = "Juggernaut", width: int = 64, waited: float = 0) -> Job:
    started = NOON + timedelta(seconds=waited)
    return Job(
        "invokeai",
        1,
        JobStatus.COMPLETED,
        "b",
        "s",
        NOON,
        started_at=started,
        completed_at=started + timedelta(seconds=seconds),
        recipe=Recipe(model=model, width=width, height=64, steps=20),
    )


def told(*jobs: Job) -> Estimates:
    estimates = Estimates()
    for each in jobs:
        estimates.learn(each)
    return estimates


def test_the_median_of_jobs_of_the_same_kind_is_told_and_waiting_does_not_count() -> None:
    estimates = told(job(10), job(20, waited=500), job(90), job(1000, width=128))
    assert estimates.usual(job(0)) == timedelta(seconds=20)


def test_two_samples_say_nothing() -> None:
    estimates = told(job(10), job(20), job(30, model="Flux"))
    assert estimates.usual(job(0)) is None
    assert estimates.any_job() == timedelta(seconds=20)


def test_what_did_not_complete_or_has_no_times_teaches_nothing() -> None:
    failed = replace(job(10), status=JobStatus.FAILED)
    endless = replace(job(10), completed_at=None)
    backwards = job(-5)
    assert told(failed, endless, backwards, failed, endless, backwards).any_job() is None


def test_a_job_whose_model_is_not_known_has_no_usual_time() -> None:
    assert told(*[job(10, model=None)] * 5).usual(job(0, model=None)) is None


def test_only_the_last_ones_count_and_kinds_are_not_kept_without_end() -> None:
    estimates = told(*[job(10)] * REMEMBERED, *[job(50)] * REMEMBERED)
    assert estimates.usual(job(0)) == timedelta(seconds=50)
    for width in range(MAX_KINDS):
        for _ in range(3):
            estimates.learn(job(5, width=1000 + width))
    assert estimates.usual(job(0)) is None
    assert estimates.usual(job(0, width=1000 + MAX_KINDS - 1)) == timedelta(seconds=5)


STATUS = QueueStatus("invokeai", 4, 1, 0, 9, 0, 0, paused=False, processing=True)


def test_a_queue_ends_when_its_running_job_and_all_that_wait_have_run() -> None:
    running = replace(job(0), status=JobStatus.IN_PROGRESS, completed_at=None)
    at = NOON + timedelta(seconds=5)
    assert told(*[job(20)] * 3).queue_empty_at(STATUS, [running], at) == NOON + timedelta(seconds=100)


def test_a_queue_that_ends_soon_or_without_samples_has_no_end() -> None:
    assert told(*[job(2)] * 3).queue_empty_at(STATUS, [], NOON) is None
    assert told(job(20)).queue_empty_at(STATUS, [], NOON) is None
