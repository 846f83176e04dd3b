from dataclasses import replace

import pytest

from bot.domain.jobs import JobStatus, Progress
from bot.domain.queue import QueueStatus
from bot.domain.queue_state import MAX_ENDED, QueueChange, QueueState

COUNTS = QueueStatus("box", 3, 1, 2, 10, 20, 30, paused=False, processing=True)
HALF = Progress("box", 7, "Denoising", 0.5)


@pytest.fixture
def state() -> QueueState:
    return QueueState("box")


def test_counts_tell_what_has_finished_what_has_not_and_what_has_not_begun() -> None:
    assert (COUNTS.finished, COUNTS.unfinished, COUNTS.not_started) == (60, 6, 5)


def test_a_change_wakes_only_those_who_wait_for_its_kind(state: QueueState) -> None:
    jobs, progress = state.waker(QueueChange.JOBS), state.waker(QueueChange.PROGRESS)
    both = state.waker(QueueChange.JOBS, QueueChange.PROGRESS)
    state.read(COUNTS)
    assert [waker.is_set() for waker in (jobs, progress, both)] == [False, False, False]
    state.progressed(HALF)
    assert not jobs.is_set()
    assert progress.is_set()
    assert both.is_set()
    state.changed()
    assert jobs.is_set()


def test_the_version_rises_when_the_queue_may_look_different_and_not_with_progress_or_a_reading(
    state: QueueState,
) -> None:
    state.read(COUNTS)
    state.progressed(HALF)
    assert state.version == 0
    state.job_changed(7, JobStatus.COMPLETED)
    state.disconnected()
    assert state.version == 2


def test_readings_of_one_connection_are_told_from_those_after_an_interruption(state: QueueState) -> None:
    connections: list[int] = []
    for interrupted in (False, False, True, False):
        if interrupted:
            state.interrupted()
        state.read(COUNTS)
        assert state.reading is not None
        connections.append(state.reading.connection)
    assert connections == [0, 0, 1, 1]


def test_the_newest_reading_is_the_status(state: QueueState) -> None:
    assert state.status is None
    state.read(COUNTS)
    state.read(replace(COUNTS, pending=4))
    assert state.status == replace(COUNTS, pending=4)


def test_a_job_runs_with_its_progress_until_it_changes(state: QueueState) -> None:
    state.job_changed(7, JobStatus.IN_PROGRESS)
    state.progressed(HALF)
    assert (state.running, state.progress) == ({7}, {7: HALF})
    state.job_changed(7, JobStatus.COMPLETED)
    assert (state.running, state.progress) == (set(), {})


def test_the_late_progress_of_an_ended_job_is_ignored_and_wakes_nobody(state: QueueState) -> None:
    waker = state.waker(QueueChange.PROGRESS)
    state.ended([7])
    state.progressed(HALF)
    assert state.progress == {}
    assert not waker.is_set()
    state.ended(range(100, 100 + MAX_ENDED))
    state.progressed(HALF)
    assert state.progress == {7: HALF}


def test_a_lost_socket_takes_with_it_what_only_it_told(state: QueueState) -> None:
    state.job_changed(7, JobStatus.IN_PROGRESS)
    state.progressed(HALF)
    state.job_changed(8, JobStatus.COMPLETED)
    state.disconnected()
    assert (state.running, state.progress) == (set(), {})
    state.progressed(replace(HALF, number=8))
    assert 8 in state.progress
