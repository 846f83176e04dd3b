from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.time_input import MAX_SPAN, MIN_SPAN, pause_end, span
from bot.errors import RequestRefused

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=BERLIN)


def length(**parts: float) -> timedelta:
    return timedelta(**parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", length(minutes=30)),
        ("30 min", length(minutes=30)),
        ("90", length(minutes=90)),
        ("1h30", length(minutes=90)),
        ("1h30m", length(minutes=90)),
        ("1 h 30 min", length(minutes=90)),
        ("90 s", length(seconds=90)),
        ("90secs", length(seconds=90)),
        ("1.5 hours", length(minutes=90)),
        ("0,5h", length(minutes=30)),
        ("2 days and 3 h", length(days=2, hours=3)),
        ("1 hour, 5 minutes and 3 seconds", length(hours=1, minutes=5, seconds=3)),
        ("5m3", length(minutes=5, seconds=3)),
        ("1d 12", length(hours=36)),
        ("30d", length(days=30)),
    ],
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, expected: timedelta) -> None:
    assert span(text) == expected
    assert span(f"  {text.upper()} ") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "43201",
        "m",
        "soon",
        "30ms",
        "30m 1h",
        "1h 2h",
        "-5m",
        "0s",
        "0.2s",
        "31d",
        "999999d",
        "1h30x",
        "5s9",
        "1h30 20",
        "1e3 s",
        "9" * 500 + "m",
        "1h" * 400,
    ],
)
def test_what_is_no_length_of_time_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        span(text)
    assert str(caught.value).endswith(".")
    assert str(caught.value).count(". ") == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", NOON + length(minutes=30)),
        ("for 1h30", NOON + length(minutes=90)),
        ("until 18:00", NOON.replace(hour=18)),
        ("till 18.30", NOON.replace(hour=18, minute=30)),
        ("18:00", NOON.replace(hour=18)),
        ("6pm", NOON.replace(hour=18)),
        ("until 6:15 PM", NOON.replace(hour=18, minute=15)),
        ("until 11:59", datetime(2026, 11, 25, 11, 59, tzinfo=BERLIN)),
        ("until 12:00", datetime(2026, 11, 25, 12, 0, tzinfo=BERLIN)),
        ("until tomorrow 18:00", datetime(2026, 11, 25, 18, 0, tzinfo=BERLIN)),
        ("tomorrow at 7am", datetime(2026, 11, 25, 7, 0, tzinfo=BERLIN)),
        ("12am", datetime(2026, 11, 25, 0, 0, tzinfo=BERLIN)),
    ],
)
def test_the_end_of_a_pause_is_read_as_people_write_it(text: str, expected: datetime) -> None:
    end = pause_end(text, now=NOON.astimezone(UTC), zone=BERLIN)
    assert end == expected
    assert end.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "until",
        "until 30m",
        "for 18:00",
        "until 25:00",
        "until 12:60",
        "until 13pm",
        "0am",
        "until until 18:00",
        "until noon",
        "until 18",
        "until 18:00 " + "x" * 100,
    ],
)
def test_what_is_no_end_of_a_pause_is_refused(text: str) -> None:
    with pytest.raises(RequestRefused):
        pause_end(text, now=NOON, zone=BERLIN)


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        # 29 March: the clock jumps from 02:00 to 03:00, at 01:00 UTC.
        (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), "until 02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "2h", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "until 04:00", datetime(2026, 3, 29, 2, 0, tzinfo=UTC)),
        (datetime(2026, 3, 29, 1, 0, tzinfo=BERLIN), "2h", datetime(2026, 3, 29, 2, 0, tzinfo=UTC)),
        # 25 October: it goes back from 03:00 to 02:00, at 01:00 UTC.
        (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), "until 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 45, tzinfo=UTC), "until 02:30", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 45, tzinfo=UTC), "until 02:30", datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_the_clock_may_jump_in_between(now: datetime, text: str, expected: datetime) -> None:
    assert pause_end(text, now=now, zone=BERLIN) == expected


@given(
    st.text(max_size=80) | st.from_regex(r"\A(until |for )?\d{1,3}[:hm ]{0,2}\d{0,2}\s?(am|pm|h|m|s)?\Z"),
    st.integers(0, 2**31),
)
def test_any_text_is_refused_or_an_end_within_30_days(text: str, moment: int) -> None:
    now = datetime.fromtimestamp(moment, UTC)
    try:
        end = pause_end(text, now=now, zone=BERLIN)
    except RequestRefused:
        return
    assert MIN_SPAN <= end.astimezone(UTC) - now <= MAX_SPAN
