from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_examples import job

from bot.domain.events import EventKind
from bot.domain.jobs import Job, JobStatus, Purpose
from bot.domain.quiet_hours import Buzz, quiet_hours
from bot.domain.subscriptions import ENDS, Mention, MentionKind, Preferences, PreferencesChange, Subscription
from bot.errors import RequestRefused

BEFORE = Subscription(42, 7, None, ENDS)
ROLE = Mention(MentionKind.ROLE, 5)
JOB = replace(job(), boards=("b1", "b2"), user="Alex", origin="Canvas")
FILTERS = ("origins", "destinations", "boards", "users")

words = st.text("abcxyz -", min_size=1, max_size=6).map(str.strip).filter(bool)


@pytest.mark.parametrize(
    ("preferences", "matches"),
    [
        (Preferences(), True),
        (Preferences(origins=frozenset({"canvas"})), True),
        (Preferences(origins=frozenset({"workflows"})), False),
        (Preferences(destinations=frozenset({"gallery", "x"})), True),
        (Preferences(destinations=frozenset({"gal"})), False),
        (Preferences(boards=frozenset({"b2"})), True),
        (Preferences(boards=frozenset({"none"})), False),
        (Preferences(users=frozenset({"alex"})), True),
        (Preferences(users=frozenset({"alex"}), boards=frozenset({"b3"})), False),
    ],
)
def test_a_job_fits_if_each_filter_has_one_of_its_words(preferences: Preferences, matches: bool) -> None:
    assert preferences.match(JOB) is matches


@given(st.sampled_from(FILTERS), st.frozensets(words, min_size=1))
def test_what_is_not_known_of_a_job_fits_no_filter(name: str, wanted: frozenset[str]) -> None:
    unknown = Job(JOB.server, 1, JOB.status, "", None, JOB.created_at)
    assert not replace(Preferences(), **{name: wanted}).match(unknown)
    assert Preferences().match(unknown)


def test_only_what_is_named_changes() -> None:
    first = PreferencesChange(origin="Canvas, workflows", spoiler=True, mention=ROLE, longer_than=30).of(
        BEFORE
    )
    second = PreferencesChange(buzz=Buzz.FAILURES, images=False).of(first)
    assert second.preferences.origins == {"canvas", "workflows"}
    assert second.preferences.spoiler
    assert second.preferences.mention == ROLE
    assert second.preferences.rule.shortest == timedelta(seconds=30)
    assert second.preferences.rule.buzz is Buzz.FAILURES
    assert second.kinds == ENDS - {EventKind.COMPLETED}
    assert PreferencesChange().of(second) == second


def test_servers_are_chosen_by_name_and_any_is_all_of_them() -> None:
    some = PreferencesChange(server="Studio, attic").of(BEFORE)
    assert some.servers == {"studio", "attic"}
    assert PreferencesChange(spoiler=True).of(some).servers == {"studio", "attic"}
    assert some.hears_of("attic")
    assert not some.hears_of("cellar")
    assert not some.preferences.filtered
    assert PreferencesChange(server="any").of(some).servers is None


def test_each_preference_can_be_taken_back() -> None:
    said = PreferencesChange(
        origin="a",
        destination="b",
        board="c",
        user="d",
        quiet="22:00-07:30 Europe/Berlin",
        failures_at_night=True,
        longer_than=5,
        buzz=Buzz.NEVER,
        spoiler=True,
        hide_prompts=True,
        mention=ROLE,
        live=False,
        canvas=True,
        others=False,
        images=False,
        failures=False,
        cancellations=False,
    )
    back = PreferencesChange(
        origin="any",
        destination=" ANY ",
        board="any",
        user="any",
        quiet="Off",
        failures_at_night=False,
        longer_than=0,
        buzz=Buzz.PER_BATCH,
        spoiler=False,
        hide_prompts=False,
        no_mention=True,
        live=True,
        canvas=False,
        others=True,
        images=True,
        failures=True,
        cancellations=True,
    )
    assert said.of(BEFORE).kinds == frozenset()
    assert back.of(said.of(BEFORE)) == BEFORE


def test_cancellations_come_with_interruptions_and_nothing_else_is_touched() -> None:
    everything = replace(BEFORE, kinds=frozenset(EventKind))
    left = PreferencesChange(cancellations=False).of(everything).kinds
    assert left == frozenset(EventKind) - {EventKind.CANCELED, EventKind.INTERRUPTED}


def test_a_new_mention_takes_the_place_of_the_old() -> None:
    person = Mention(MentionKind.USER, 9)
    assert (
        PreferencesChange(mention=person, no_mention=True)
        .of(PreferencesChange(mention=ROLE).of(BEFORE))
        .preferences.mention
        == person
    )
    assert (str(ROLE), str(person)) == ("<@&5>", "<@9>")


def test_quiet_hours_are_read_as_a_person_writes_them() -> None:
    assert PreferencesChange(quiet="10pm-7am UTC").of(BEFORE).preferences.rule.quiet == quiet_hours(
        "22:00-07:00 UTC"
    )


def test_quiet_hours_without_a_zone_are_in_the_zone_that_is_given() -> None:
    change = PreferencesChange(quiet="22:00-07:00", zone=ZoneInfo("Europe/Berlin"))
    assert change.of(BEFORE).preferences.rule.quiet == quiet_hours("22:00-07:00 Europe/Berlin")
    named = replace(change, quiet="22:00-07:00 UTC")
    assert named.of(BEFORE).preferences.rule.quiet == quiet_hours("22:00-07:00 UTC")


def test_a_snooze_lasts_until_it_is_ended_or_another_one_begins() -> None:
    until = datetime(2026, 11, 25, 7, tzinfo=UTC)
    snoozed = PreferencesChange(snooze_until=until).of(BEFORE)
    assert snoozed.preferences.rule.snoozed_until == until
    assert PreferencesChange(spoiler=True).of(snoozed).preferences.rule.snoozed_until == until
    later = until + timedelta(hours=1)
    assert PreferencesChange(snooze_until=later).of(snoozed).preferences.rule.snoozed_until == later
    assert PreferencesChange(wake=True).of(snoozed) == BEFORE


@pytest.mark.parametrize(
    "change",
    [
        PreferencesChange(quiet="at night"),
        PreferencesChange(quiet="22:00-07:30"),
        PreferencesChange(origin=" , "),
        PreferencesChange(user=",".join(f"u{number}" for number in range(21))),
        PreferencesChange(board="x" * 101),
    ],
)
def test_what_makes_no_sense_is_refused(change: PreferencesChange) -> None:
    with pytest.raises(RequestRefused):
        change.of(BEFORE)


def test_filters_that_can_t_be_read_are_only_replaced_when_each_is_named() -> None:
    broken = replace(BEFORE, preferences=Preferences(unreadable=frozenset({"origins", "users"})))
    for change in (PreferencesChange(), PreferencesChange(origin="any", spoiler=True)):
        with pytest.raises(RequestRefused, match="/notify stop"):
            change.of(broken)
    fixed = PreferencesChange(origin="canvas", user="any").of(broken).preferences
    assert fixed == Preferences(origins=frozenset({"canvas"}))


@pytest.mark.parametrize(
    ("ended", "kind"),
    [
        ({"status": JobStatus.COMPLETED}, EventKind.COMPLETED),
        ({"status": JobStatus.FAILED}, EventKind.FAILED),
        ({"status": JobStatus.CANCELED}, EventKind.CANCELED),
        ({"status": JobStatus.CANCELED, "interrupted": True}, EventKind.INTERRUPTED),
    ],
)
def test_an_ended_job_may_be_shown_where_such_an_end_is_told(ended: dict[str, Any], kind: EventKind) -> None:
    for kinds, shown in ((frozenset({kind}), True), (ENDS - {kind}, False)):
        told = Subscription(1, 2, None, kinds)
        assert told.may_show(replace(job(), **ended)) is shown


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.IN_PROGRESS, JobStatus.UNKNOWN])
def test_a_job_that_has_not_ended_may_be_shown_where_any_end_is_told(status: JobStatus) -> None:
    unfinished = replace(job(), status=status)
    assert Subscription(1, 2, None, frozenset({EventKind.FAILED})).may_show(unfinished)
    assert not Subscription(1, 2, None, frozenset()).may_show(unfinished)


WITH_CANVAS = Preferences(canvas=True)


@pytest.mark.parametrize(
    ("preferences", "purpose", "status", "told"),
    [
        (Preferences(), Purpose.STAGING, JobStatus.COMPLETED, False),
        (WITH_CANVAS, Purpose.STAGING, JobStatus.COMPLETED, True),
        (WITH_CANVAS, Purpose.STAGING, JobStatus.CANCELED, False),
        (WITH_CANVAS, Purpose.UTILITY, JobStatus.COMPLETED, False),
        (WITH_CANVAS, Purpose.FINAL, JobStatus.COMPLETED, True),
        (Preferences(), Purpose.STAGING, JobStatus.FAILED, True),
        (replace(WITH_CANVAS, origins=frozenset({"x"})), Purpose.STAGING, JobStatus.COMPLETED, False),
    ],
)
def test_what_the_canvas_staged_is_told_and_shown_only_where_that_is_wanted(
    preferences: Preferences, purpose: Purpose, status: JobStatus, told: bool
) -> None:
    kind = EventKind(status.value)
    ended = replace(job(), purpose=purpose, status=status)
    channel = Subscription(1, 2, None, ENDS, preferences)
    assert channel.tells(kind, ended) is told
    assert channel.may_show(ended) is told
    assert not Subscription(1, 2, None, ENDS - {kind}, preferences).tells(kind, ended)


def test_a_job_that_the_bot_may_not_look_into_is_told_unless_the_channel_wishes_otherwise() -> None:
    hidden = replace(job(), hidden=True)
    channel = Subscription(1, 2, None, ENDS)
    assert channel.tells(EventKind.COMPLETED, hidden)
    without = replace(channel, preferences=Preferences(others=False))
    assert not without.tells(EventKind.COMPLETED, hidden)
    assert not without.may_show(replace(hidden, status=JobStatus.IN_PROGRESS))
    assert without.tells(EventKind.COMPLETED, job())


def test_a_preview_is_seen_where_the_picture_would_be() -> None:
    final, staging = replace(job(), purpose=Purpose.FINAL), replace(job(), purpose=Purpose.STAGING)
    canvas = Subscription(1, 2, None, ENDS, WITH_CANVAS)
    assert (canvas.may_preview(final), canvas.may_preview(staging)) == (True, True)
    plain = Subscription(1, 2, None, ENDS)
    assert (plain.may_preview(final), plain.may_preview(staging)) == (True, False)
    assert not plain.may_preview(replace(job(), purpose=Purpose.UTILITY))
    assert not replace(canvas, kinds=ENDS - {EventKind.COMPLETED}).may_preview(staging)
    assert not replace(canvas, preferences=replace(WITH_CANVAS, spoiler=True)).may_preview(staging)


def test_a_job_of_another_server_may_not_be_shown() -> None:
    assert Subscription(1, 2, frozenset({job().server}), ENDS).may_show(job())
    assert not Subscription(1, 2, frozenset({"attic"}), ENDS).may_show(job())
