"""Totals by hour, added up to a day or a week in somebody's zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.jobs import Job, JobStatus, Recipe
from bot.domain.statistics import HOUR, Period, Requester, Total, begin_of, statistics, total_of

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 28, 20, 30, tzinfo=UTC)
DONE = Total(NOW, "studio", "SDXL", Requester(), JobStatus.COMPLETED, 1, 1, timedelta(seconds=10))
JOB = Job(
    server="studio",
    number=812,
    status=JobStatus.COMPLETED,
    batch_id="b",
    session_id="s",
    created_at=NOW - HOUR,
    started_at=NOW - timedelta(seconds=10),
    completed_at=NOW,
    images=("a.png", "b.png"),
    recipe=Recipe(model="SDXL"),
    user="ann",
)


def at(hour: int, *, day: int = 28, **changes: object) -> Total:
    return replace(DONE, hour=datetime(2026, 11, day, hour, tzinfo=UTC), **changes)


def test_a_job_counts_in_the_hour_of_its_end_for_who_asked_the_bot_or_else_for_invokeai_s_user() -> None:
    hour = NOW.replace(minute=0)
    alike = ("studio", "SDXL"), (JobStatus.COMPLETED, 1, 2, timedelta(seconds=10))
    assert total_of(JOB, None, NOW) == Total(hour, *alike[0], Requester(name="ann"), *alike[1])
    assert total_of(JOB, 9, NOW) == Total(hour, *alike[0], Requester(9), *alike[1])


def test_a_job_that_never_ran_took_no_time_and_one_without_an_end_ended_now() -> None:
    waited = replace(
        JOB, status=JobStatus.CANCELED, started_at=None, completed_at=None, images=(), recipe=None
    )
    found = total_of(waited, None, NOW)
    assert (found.hour, found.ran, found.model) == (NOW.replace(minute=0), timedelta(), "")


def test_today_begins_at_midnight_in_the_zone_and_has_a_slot_for_each_hour_until_now() -> None:
    found = statistics([at(22, day=27), at(23, day=27), at(20)], Period.TODAY, NOW, BERLIN)
    assert found.since == datetime(2026, 11, 28, tzinfo=BERLIN)
    assert found.all.jobs == 2  # 22:00 UTC is still yesterday in Berlin
    assert [(start.hour, slot.jobs) for start, slot in found.slots if slot.jobs] == [(0, 1), (21, 1)]
    assert len(found.slots) == 22


def test_a_week_has_seven_days_that_end_with_today() -> None:
    found = statistics([at(12, day=21), at(12, day=22), at(12)], Period.WEEK, NOW, UTC)
    assert [slot.jobs for _, slot in found.slots] == [1, 0, 0, 0, 0, 0, 1]
    assert found.slots[-1][0] == begin_of(Period.TODAY, NOW, UTC)


def test_a_day_on_which_the_clocks_change_has_an_hour_more() -> None:
    night = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)
    found = statistics([], Period.TODAY, night, BERLIN)
    assert len(found.slots) == 25
    assert [start.hour for start, _ in found.slots[1:5]] == [1, 2, 2, 3]


def test_what_failed_and_what_was_canceled_is_told_apart_and_the_most_busy_come_first() -> None:
    totals = [
        at(1, model="FLUX", person=Requester(9)),
        at(2, status=JobStatus.FAILED, jobs=2, images=0),
        at(3, status=JobStatus.CANCELED, images=0, ran=timedelta()),
    ]
    found = statistics(totals, Period.TODAY, NOW, UTC)
    assert (found.all.jobs, found.all.images, found.all.failed, found.all.canceled) == (4, 1, 2, 1)
    assert found.all.ran == timedelta(seconds=20)
    assert [(name, each.jobs) for name, each in found.models] == [("SDXL", 3), ("FLUX", 1)]
    assert [(person, each.jobs) for person, each in found.people] == [(Requester(), 3), (Requester(9), 1)]


@pytest.mark.parametrize("period", Period)
def test_without_a_job_every_slot_is_empty(period: Period) -> None:
    found = statistics([], period, NOW, BERLIN)
    assert (found.all.jobs, found.servers) == (0, [])
    assert all(not slot.jobs for _, slot in found.slots)
