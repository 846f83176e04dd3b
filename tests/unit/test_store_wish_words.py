import json
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.quiet_hours import Buzz, QuietHours, Rule
from bot.domain.subscriptions import Mention, MentionKind, Preferences
from bot.store.preferences_json import wishes_of, words_of

words = st.frozensets(st.text(max_size=20), max_size=3)
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])
quiet = st.builds(QuietHours, clocks, clocks, zones).filter(lambda hours: hours.start != hours.end)
lengths = st.integers(0, 86_400).map(lambda seconds: timedelta(seconds=seconds))
rules = st.builds(Rule, st.sampled_from(Buzz), lengths, st.none() | quiet, st.booleans())
mentions = st.none() | st.builds(Mention, st.sampled_from(MentionKind), st.integers(1, 2**63))
wishes = st.builds(
    Preferences,
    words,
    words,
    words,
    words,
    rules,
    st.booleans(),
    st.booleans(),
    mentions,
    st.booleans(),
)


@given(wishes)
def test_wishes_are_read_as_they_were_written(wanted: Preferences) -> None:
    assert wishes_of(words_of(wanted)) == wanted


def test_what_an_older_bot_did_not_know_is_as_it_was_then() -> None:
    assert wishes_of(None) == Preferences()
    assert wishes_of('{"spoiler": true}') == Preferences(spoiler=True)


def test_what_a_newer_bot_wrote_is_read_as_far_as_it_is_known() -> None:
    said = json.loads(words_of(Preferences(origins=frozenset({"a"}), hide_prompts=True)))
    said |= {"buzz": "by_moonlight", "mention": {"kind": "planet", "id": 3}, "fireworks": True}
    assert wishes_of(json.dumps(said)) == Preferences(origins=frozenset({"a"}), hide_prompts=True)


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '"x"'])
def test_what_is_no_wish_list_is_none(text: str) -> None:
    assert wishes_of(text) == Preferences()


def test_quiet_hours_in_a_zone_that_is_not_here_are_none() -> None:
    assert wishes_of('{"quiet": "22:00-07:00 Moon/Tycho", "spoiler": true}') == Preferences(spoiler=True)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(sorted(json.loads(words_of(Preferences())))),
)
def test_nothing_that_stands_there_stops_the_bot(value: object, name: str) -> None:
    assert isinstance(wishes_of(json.dumps({name: value})), Preferences)
