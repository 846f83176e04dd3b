from datetime import UTC, datetime, time, timedelta, timezone
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.quiet_hours import Buzz, News, QuietHours, Rule, buzzes, morning, quiet_hours
from bot.domain.time_input import zone_named
from bot.errors import RequestRefused

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7, 30), BERLIN)
DAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 24, 23, tzinfo=UTC)

IMAGE = News(ran=timedelta(seconds=30))
FAILURE = News(failed=True, ran=timedelta(seconds=2))
BATCH_END = News(ends_batch=True, ran=timedelta(seconds=30))
QUEUE_END = News(ends_queue=True)


@pytest.mark.parametrize(
    ("buzz", "loud"),
    [
        (Buzz.EACH, [IMAGE, FAILURE, BATCH_END, QUEUE_END]),
        (Buzz.PER_BATCH, [FAILURE, BATCH_END, QUEUE_END]),
        (Buzz.END, [QUEUE_END]),
        (Buzz.FAILURES, [FAILURE]),
        (Buzz.NEVER, []),
    ],
)
def test_each_wish_lets_its_own_messages_buzz(buzz: Buzz, loud: list[News]) -> None:
    every = [IMAGE, FAILURE, BATCH_END, QUEUE_END]
    assert [news for news in every if buzzes(Rule(buzz), news, DAY)] == loud


@pytest.mark.parametrize(
    ("news", "loud"),
    [
        (News(ran=timedelta(seconds=59.9)), False),
        (News(ran=timedelta(seconds=60)), True),
        (News(ran=None), True),
        (FAILURE, True),
        (News(ends_batch=True, ran=timedelta(seconds=3)), False),
        (News(ends_queue=True, ran=timedelta(seconds=3)), False),
    ],
)
def test_short_jobs_do_not_buzz_but_failures_do(news: News, loud: bool) -> None:
    assert buzzes(Rule(Buzz.EACH, shortest=timedelta(seconds=60)), news, DAY) is loud


def test_where_only_the_queue_s_end_buzzes_it_does_so_however_short_the_last_job_was() -> None:
    last = News(ends_queue=True, ran=timedelta(seconds=3))
    assert buzzes(Rule(Buzz.END, shortest=timedelta(seconds=60)), last, DAY)


def test_at_night_nothing_buzzes() -> None:
    rule = Rule(quiet=NIGHT)
    assert not any(buzzes(rule, news, MIDNIGHT) for news in (IMAGE, FAILURE, BATCH_END, QUEUE_END))
    assert buzzes(rule, BATCH_END, DAY)


def test_while_a_channel_is_snoozed_nothing_buzzes_and_then_everything_does_again() -> None:
    rule = Rule(failures_break_through=True, snoozed_until=DAY + timedelta(hours=1))
    before, after = DAY + timedelta(minutes=59, seconds=59), DAY + timedelta(hours=1)
    every = (IMAGE, FAILURE, BATCH_END, QUEUE_END)
    assert not any(buzzes(rule, news, before) for news in every)
    assert [buzzes(rule, news, after) for news in every] == [buzzes(Rule(), news, after) for news in every]


@pytest.mark.parametrize(
    ("quiet", "now", "expected"),
    [
        (None, DAY, datetime(2026, 11, 25, 7, tzinfo=UTC)),
        (None, datetime(2026, 11, 24, 6, 59, tzinfo=UTC), datetime(2026, 11, 24, 7, tzinfo=UTC)),
        (None, datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2026, 11, 25, 7, tzinfo=UTC)),
        (NIGHT, DAY, datetime(2026, 11, 25, 6, tzinfo=UTC)),
        (NIGHT, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
    ],
)
def test_morning_is_at_seven_by_the_channel_s_clock_else_by_the_bot_s(
    quiet: QuietHours | None, now: datetime, expected: datetime
) -> None:
    assert morning(Rule(quiet=quiet), now, ZoneInfo("UTC")) == expected


def test_failures_may_break_through_if_they_may_buzz_at_all() -> None:
    heard = {
        buzz: [
            news
            for news in (IMAGE, FAILURE, QUEUE_END)
            if buzzes(Rule(buzz, timedelta(0), NIGHT, True), news, MIDNIGHT)
        ]
        for buzz in Buzz
    }
    assert heard == {
        Buzz.EACH: [FAILURE],
        Buzz.FAILURES: [FAILURE],
        Buzz.PER_BATCH: [FAILURE],
        Buzz.END: [],
        Buzz.NEVER: [],
    }


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [((21, 59), False), ((22, 0), True), ((0, 0), True), ((7, 29), True), ((7, 30), False), ((12, 0), False)],
)
def test_quiet_hours_go_over_midnight(clock: tuple[int, int], quiet: bool) -> None:
    assert NIGHT.cover(datetime(2026, 11, 24, *clock, tzinfo=BERLIN)) is quiet


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [((11, 59), False), ((12, 0), True), ((13, 59), True), ((14, 0), False), ((0, 0), False)],
)
def test_quiet_hours_can_lie_within_a_day(clock: tuple[int, int], quiet: bool) -> None:
    assert (
        QuietHours(time(12), time(14), BERLIN).cover(datetime(2026, 11, 24, *clock, tzinfo=BERLIN)) is quiet
    )


def test_an_hour_that_the_clock_shows_twice_is_quiet_twice() -> None:
    hours = QuietHours(time(2, 15), time(2, 45), BERLIN)
    folds = [datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1)]
    assert folds[0].astimezone(UTC) != folds[1].astimezone(UTC)
    assert [hours.cover(each.astimezone(UTC)) for each in folds] == [True, True]
    between = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)  # the second 02:00
    assert not hours.cover(between)


@pytest.mark.parametrize(("utc", "quiet"), [((0, 59), True), ((1, 0), False), ((1, 29), False)])
def test_an_end_that_the_clock_jumps_over_comes_with_the_jump(utc: tuple[int, int], quiet: bool) -> None:
    hours = QuietHours(time(22), time(2, 30), BERLIN)
    assert hours.cover(datetime(2026, 3, 29, *utc, tzinfo=UTC)) is quiet


def test_the_clock_of_the_zone_counts_not_that_of_the_moment() -> None:
    there = datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=-9)))
    assert NIGHT.cover(there)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("22:00-07:30 Europe/Berlin", NIGHT),
        ("  22 – 7.30 europe/berlin ", NIGHT),
        ("10pm to 7:30 am Europe/Berlin", NIGHT),
        ("0:00-12am UTC", None),
        ("12am-12pm UTC", QuietHours(time(0), time(12), ZoneInfo("UTC"))),
        ("23-6 America/New York", QuietHours(time(23), time(6), ZoneInfo("America/New_York"))),
        ("23-6 Etc/GMT+5", QuietHours(time(23), time(6), ZoneInfo("Etc/GMT+5"))),
    ],
)
def test_quiet_hours_are_read_as_people_write_them(text: str, hours: QuietHours | None) -> None:
    if hours is None:
        with pytest.raises(RequestRefused):
            quiet_hours(text)
    else:
        assert quiet_hours(text) == hours


def test_a_zone_that_is_not_in_the_text_is_the_given_one() -> None:
    assert quiet_hours("22:00-07:30", BERLIN) == NIGHT
    with pytest.raises(RequestRefused, match="time zone too"):
        quiet_hours("22:00-07:30")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "at night",
        "22:00",
        "25-7 UTC",
        "22:60-7 UTC",
        "13pm-7 UTC",
        "0am-7 UTC",
        "7-7 UTC",
        "22-7 Mars/Base",
        "22-7 ../../etc/passwd",
        "22-7 /etc/localtime",
        "22-7 Europe",
        "22-7 tzdata.zi",
        "22-7 a\0b",
        "9" * 999,
    ],
)
def test_what_are_no_quiet_hours_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        quiet_hours(text)
    assert str(caught.value).endswith(".")
    assert str(caught.value).count(". ") == 0


@given(st.text(max_size=120) | st.from_regex(r"\A\d{1,2}(:\d\d)?(am|pm)?-\d{1,2}(:\d\d)? [\w/+-]{0,20}\Z"))
def test_any_text_is_read_or_refused_and_what_is_read_reads_the_same_again(text: str) -> None:
    try:
        hours = quiet_hours(text, BERLIN)
    except RequestRefused:
        return
    assert quiet_hours(str(hours)) == hours


@given(
    st.times(),
    st.times(),
    st.integers(0, 2**31),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_each_moment_is_quiet_in_the_hours_or_in_the_rest_of_the_day(
    start: time, end: time, moment: int, name: str
) -> None:
    if start == end:
        return
    zone, aware = zone_named(name), datetime.fromtimestamp(moment, UTC)
    assert QuietHours(start, end, zone).cover(aware) != QuietHours(end, start, zone).cover(aware)


def test_never_is_never() -> None:
    for failed, batch, queue, through in product([True, False], repeat=4):
        rule = Rule(Buzz.NEVER, failures_break_through=through)
        assert not buzzes(rule, News(failed, batch, queue), DAY)
