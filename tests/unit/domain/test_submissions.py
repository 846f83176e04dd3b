from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.submissions import DAY, Quota, Usage
from bot.errors import QuotaReached

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("usage", "jobs", "sentence"),
    [
        (Usage(4), 1, "4 of yours are waiting or running. The next may come when one ends."),
        (
            Usage(1),
            4,
            "1 of yours is waiting or running, and you may have 4. Ask for 3 now, or wait until one ends.",
        ),
        (Usage(4), 2, "4 of yours are waiting or running. The next may come when one ends."),
        (Usage(0), 5, "You may have 4 waiting or running at a time. Ask for fewer."),
    ],
)
def test_who_has_as_many_waiting_as_one_may_is_told_the_figure(
    usage: Usage, jobs: int, sentence: str
) -> None:
    with pytest.raises(QuotaReached) as refused:
        Quota(4).require(usage, jobs, NOON)
    assert str(refused.value) == sentence


def test_who_has_queued_as_many_a_day_as_one_may_is_told_when_there_is_room_again() -> None:
    usage = Usage(0, [(NOON, 3), (NOON + timedelta(hours=1), 4), (NOON + timedelta(hours=2), 2)])
    evening = NOON + timedelta(hours=7, minutes=30)
    with pytest.raises(QuotaReached) as refused:
        Quota(9, daily=10).require(usage, 5, evening)
    assert str(refused.value) == (
        "You have queued 9 of the 10 that you may in 24 hours. Ask for so many again in 18 hours."
    )
    with pytest.raises(QuotaReached, match="Ask for one again in a minute"):
        Quota(9, daily=9).require(usage, 1, NOON + DAY - timedelta(seconds=9))
    with pytest.raises(QuotaReached, match="You may queue 10 in 24 hours"):
        Quota(20, daily=10).require(Usage(), 11, NOON)


@given(
    waiting=st.integers(1, 20),
    daily=st.none() | st.integers(1, 20),
    unfinished=st.integers(0, 20),
    asked=st.lists(st.integers(1, 9), max_size=5),
    jobs=st.integers(1, 20),
)
def test_what_is_let_through_never_goes_beyond_the_limits(
    waiting: int, daily: int | None, unfinished: int, asked: list[int], jobs: int
) -> None:
    usage = Usage(unfinished, [(NOON + timedelta(minutes=at), count) for at, count in enumerate(asked)])
    fits = unfinished + jobs <= waiting and (daily is None or usage.today + jobs <= daily)
    try:
        Quota(waiting, daily).require(usage, jobs, NOON)
    except QuotaReached:
        assert not fits
    else:
        assert fits
