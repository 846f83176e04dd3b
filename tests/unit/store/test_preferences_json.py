import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs import Job, JobStatus
from bot.domain.quiet_hours import Buzz, QuietHours, Rule
from bot.domain.subscriptions import Mention, MentionKind, Mine, Preferences
from bot.store.preferences_json import FILTERS, preferences_from_json, preferences_to_json

JOB = Job("studio", 1, JobStatus.COMPLETED, "b", None, datetime.now(UTC), origin="canvas")

words = st.frozensets(st.text(max_size=20), max_size=3)
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])
quiet = st.builds(QuietHours, clocks, clocks, zones).filter(lambda hours: hours.start != hours.end)
lengths = st.integers(0, 86_400).map(lambda seconds: timedelta(seconds=seconds))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
rules = st.builds(Rule, st.sampled_from(Buzz), lengths, st.none() | quiet, st.booleans(), st.none() | moments)
mentions = st.none() | st.builds(Mention, st.sampled_from(MentionKind), st.integers(1, 2**63))
mine = st.sampled_from(Mine)
switches = st.booleans()
preferences = st.builds(
    Preferences, words, words, words, words, rules, switches, switches, mentions, mine, *[switches] * 4
)


@given(preferences)
def test_preferences_are_read_as_they_were_written(written: Preferences) -> None:
    assert preferences_from_json(preferences_to_json(written)) == written


def test_a_name_that_is_missing_has_its_default() -> None:
    assert preferences_from_json(None) == Preferences()
    assert preferences_from_json('{"spoiler": true}') == Preferences(spoiler=True)


def test_what_a_newer_bot_wrote_is_read_as_far_as_it_is_known() -> None:
    stored = json.loads(preferences_to_json(Preferences(origins=frozenset({"a"}), hide_prompts=True)))
    stored |= {"buzz": "by_moonlight", "mention": {"kind": "planet", "id": 3}, "fireworks": True}
    assert preferences_from_json(json.dumps(stored)) == Preferences(
        origins=frozenset({"a"}), hide_prompts=True
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"hide_prompts": "for guests"}', Preferences(hide_prompts=True)),
        ('{"spoiler": {"for": "guests"}}', Preferences(spoiler=True)),
        ('{"live": "for guests"}', Preferences(live=False)),
    ],
)
def test_a_switch_that_hides_and_can_t_be_read_hides(text: str, expected: Preferences) -> None:
    assert preferences_from_json(text) == expected


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_that_can_t_be_read_matches_no_job(name: str) -> None:
    read = preferences_from_json(json.dumps({name: {"not": "canvas"}}))
    assert read == Preferences(live=False, unreadable=frozenset({name}))
    assert not read.match(JOB)
    assert preferences_from_json(preferences_to_json(read)) == read


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '"x"'])
def test_a_damaged_row_hides_everything_and_matches_no_job(text: str) -> None:
    read = preferences_from_json(text)
    assert (read.spoiler, read.hide_prompts, read.live) == (True, True, False)
    assert read.unreadable == set(FILTERS)
    assert not read.match(JOB)


def test_quiet_hours_in_a_zone_that_is_not_here_are_none() -> None:
    assert preferences_from_json('{"quiet": "22:00-07:00 Moon/Tycho", "spoiler": true}') == Preferences(
        spoiler=True
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(sorted(json.loads(preferences_to_json(Preferences())))),
)
def test_nothing_that_stands_there_stops_the_bot(value: object, name: str) -> None:
    assert isinstance(preferences_from_json(json.dumps({name: value})), Preferences)
