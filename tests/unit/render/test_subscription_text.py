from dataclasses import replace
from datetime import timedelta

import pytest
from render_examples import MORNING

from bot.domain.events import EventKind
from bot.domain.quiet_hours import Buzz, Rule, quiet_hours
from bot.domain.subscriptions import (
    ENDS,
    FilterTrial,
    Mention,
    MentionKind,
    Mine,
    Preferences,
    Subscription,
)
from bot.render.samples import samples
from bot.render.subscription_text import BUZZES, facts, in_words, summary, trial_line

PLAIN = Subscription(42, 7, None, ENDS)


def test_a_channel_with_the_defaults_says_what_it_gets_and_when_it_buzzes() -> None:
    assert summary(PLAIN, MORNING).splitlines() == [
        "**<#42>**",
        ("**Posts** finished pictures · failures · cancellations · the queue's end · a live card"),
        f"**Buzzes** {BUZZES[Rule().buzz]}",
    ]


def test_each_preference_is_a_fact_of_its_own() -> None:
    rule = Rule(
        Buzz.PER_BATCH,
        timedelta(seconds=30),
        quiet_hours("22:00-07:30 America/New_York"),
        True,
        MORNING + timedelta(hours=1),
    )
    preferences = Preferences(
        origins=frozenset({"canvas", "work*flows"}),
        users=frozenset({"alex"}),
        rule=rule,
        spoiler=True,
        mention=Mention(MentionKind.ROLE, 5),
        live=False,
        canvas=True,
        others=False,
    )
    channel = replace(PLAIN, kinds=frozenset({EventKind.COMPLETED}), preferences=preferences)
    until = int((MORNING + timedelta(hours=1)).timestamp())
    assert facts(channel, MORNING).splitlines() == [
        "**Posts** finished pictures · canvas pictures",
        (
            "**Only** origin canvas or work\\*flows · user alex · jobs that the bot's account may see · "
            "so without the queue's end"
        ),
        "**Buzzes** once a batch, at its end · not for jobs under 30.0 s",
        "**Quiet hours** 22:00-07:30 America/New\\_York · failures still buzz",
        f"**Snoozed** until <t:{until}:t> (<t:{until}:R>)",
        "**Privacy** pictures and prompts are spoilers",
        "**Mentions** <@&5>",
    ]
    assert "Snoozed" not in facts(channel, MORNING + timedelta(hours=1))


def test_the_servers_that_a_channel_hears_are_a_fact_and_keep_no_queues_end_away() -> None:
    channel = replace(PLAIN, servers=frozenset({"studio", "attic"}))
    assert "**Only** InvokeAI server attic or studio" in facts(channel, MORNING).splitlines()
    assert "the queue's end" in facts(channel, MORNING)
    assert "only InvokeAI server attic or studio" in in_words(channel)


def test_a_channel_that_never_buzzes_has_no_more_to_say_of_it() -> None:
    rule = Rule(Buzz.NEVER, timedelta(seconds=30), quiet_hours("22:00-07:30 UTC"))
    hidden = Preferences(rule=rule, hide_prompts=True, boards=frozenset(f"b{number}" for number in range(7)))
    assert facts(replace(PLAIN, preferences=hidden), MORNING).splitlines()[1:] == [
        "**Only** board b0, b1, b2, b3, b4 or 2 more · so without the queue's end",
        "**Buzzes** never",
        "**Privacy** prompts are hidden",
    ]


@pytest.mark.parametrize(
    ("kinds", "queue_empty", "said"),
    [(ENDS, True, True), (ENDS, False, False), (frozenset({EventKind.FAILED}), True, False)],
)
def test_that_a_filter_keeps_the_queue_s_end_away_is_said_where_it_is_asked_for(
    kinds: frozenset[EventKind], queue_empty: bool, said: bool
) -> None:
    filtered = Preferences(origins=frozenset({"canvas"}), queue_empty=queue_empty)
    told = facts(replace(PLAIN, kinds=kinds, preferences=filtered), MORNING)
    assert ("so without the queue's end" in told) is said


def test_a_channel_that_gets_nothing_says_so() -> None:
    assert facts(replace(PLAIN, kinds=frozenset()), MORNING).startswith("**Posts** nothing\n")


def test_filters_that_can_t_be_read_are_told_with_what_to_do() -> None:
    broken = replace(PLAIN, preferences=Preferences(unreadable=frozenset({"origins"}), spoiler=True))
    assert facts(broken, MORNING).splitlines() == [
        "**Posts** nothing: the filters can't be read",
        "To start afresh: /notify stop there, then /notify here.",
    ]
    assert in_words(broken) == "gets nothing: its filters can't be read"


def test_how_those_who_asked_hear_of_it_is_told_where_that_is_no_mention() -> None:
    for mine, words in ((Mine.DIRECT, "a direct message"), (Mine.NEITHER, "neither")):
        channel = replace(PLAIN, preferences=Preferences(mine=mine))
        assert f"**Who asked gets** {words}" in facts(channel, MORNING)
        assert in_words(channel).endswith(f"who asked gets {words}")
    assert "asked" not in facts(PLAIN, MORNING) + in_words(PLAIN)


def test_in_a_terminal_the_same_is_one_line_without_markdown() -> None:
    rule = Rule(Buzz.FAILURES, quiet=quiet_hours("22:00-07:30 America/New_York"))
    preferences = Preferences(
        origins=frozenset({"work*flows"}), rule=rule, mention=Mention(MentionKind.USER, 9), live=False
    )
    channel = replace(PLAIN, kinds=frozenset({EventKind.FAILED}), preferences=preferences)
    assert in_words(channel) == (
        "gets failures; only origin work*flows; buzzes: only failures; "
        "quiet hours 22:00-07:30 America/New_York; mentions <@9>"
    )


def test_there_is_a_sample_of_each_kind_that_the_channel_gets() -> None:
    assert [notice.content for notice in samples(ENDS, Preferences(), MORNING)] == [
        "🔔 Test notice · ✅ “red fox in snow, soft morning light” · 8.6 s",
        "🔔 Test notice · ❌ Out of VRAM · “red fox in snow, soft morning light”",
        "🔔 Test notice · 🚫 Canceled after 8.6 s · “red fox in snow, soft morning light”",
    ]
    hidden = samples(ENDS, Preferences(hide_prompts=True), MORNING)
    assert [notice.content for notice in hidden] == [
        "🔔 Test notice · ✅ Done in 8.6 s",
        "🔔 Test notice · ❌ Out of VRAM",
        "🔔 Test notice · 🚫 Canceled after 8.6 s",
    ]


def test_a_sample_buzzes_however_long_a_job_must_run_for_that() -> None:
    long = Preferences(rule=Rule(shortest=timedelta(hours=20)))
    assert [notice.silent for notice in samples(ENDS, long, MORNING)] == [False, False, False]


def test_a_channel_that_gets_nothing_has_no_sample() -> None:
    assert samples(frozenset(), Preferences(), MORNING) == []


def test_a_sample_comes_in_the_channel_s_manner() -> None:
    preferences = Preferences(rule=Rule(Buzz.FAILURES), spoiler=True, mention=Mention(MentionKind.USER, 9))
    picture, failure, _ = samples(ENDS, preferences, MORNING)
    assert (picture.silent, failure.silent) == (True, False)
    assert "||“red fox in snow, soft morning light”|| · 8.6 s · <@9>" in picture.content
    assert picture.files[0].spoiler
    assert picture.files[0].data.startswith(b"\x89PNG")


def test_boards_are_told_by_name_where_it_is_known() -> None:
    filtered = replace(PLAIN, preferences=Preferences(boards=frozenset({"b-1", "b-2"})))
    assert "**Only** board Fo\\*xes or b-2" in facts(filtered, MORNING, {"B-1": "Fo*xes"})


@pytest.mark.parametrize(
    ("told", "looked_at", "said"),
    [
        (7, 50, "7 of the last 50 jobs would have been posted here."),
        (50, 50, "All of the last 50 jobs would have been posted here."),
        (0, 50, "None of the last 50 jobs would have been posted here."),
        (0, 1, "The last job would not have been posted here."),
        (1, 1, "The last job would have been posted here."),
        (0, 0, "No job has finished yet."),
    ],
)
def test_how_many_jobs_would_have_been_told_is_said_in_words(told: int, looked_at: int, said: str) -> None:
    assert trial_line(FilterTrial(told, looked_at)) == said
