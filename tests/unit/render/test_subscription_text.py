from dataclasses import replace
from datetime import timedelta

import pytest
from render_examples import MORNING

from bot.domain.events import EventKind
from bot.domain.quiet_hours import Buzz, Rule, quiet_hours
from bot.domain.subscriptions import ENDS, FilterTrial, Mention, MentionKind, Preferences, Subscription
from bot.render import panels
from bot.render.samples import samples
from bot.render.subscription_text import summary, trial_line

PLAIN = Subscription(42, 7, None, ENDS)


def test_a_channel_with_the_defaults_is_one_line() -> None:
    assert summary(PLAIN) == (
        "<#42> gets finished images, failures, cancellations, interruptions, the end of the queue "
        "and a live card"
    )


def test_each_preference_is_told_in_words() -> None:
    rule = Rule(Buzz.EACH, timedelta(seconds=30), quiet_hours("22:00-07:30 America/New_York"), True)
    preferences = Preferences(
        origins=frozenset({"canvas", "work*flows"}),
        users=frozenset({"alex"}),
        rule=rule,
        spoiler=True,
        mention=Mention(MentionKind.ROLE, 5),
        live=False,
        canvas=True,
    )
    assert summary(
        replace(PLAIN, kinds=frozenset({EventKind.COMPLETED}), preferences=preferences)
    ).splitlines() == [
        "<#42> gets finished images and pictures staged in the canvas",
        "-# Only origin canvas or work\\*flows; user alex",
        (
            "-# Each notice buzzes; jobs under 30.0 s are silent; "
            "silent 22:00-07:30 America/New\\_York, but not failures"
        ),
        "-# Pictures and prompts are spoilers; mentions <@&5>",
    ]


def test_a_channel_that_never_buzzes_has_no_more_to_say_of_it() -> None:
    rule = Rule(Buzz.NEVER, timedelta(seconds=30), quiet_hours("22:00-07:30 UTC"))
    hidden = Preferences(rule=rule, hide_prompts=True, boards=frozenset(f"b{number}" for number in range(7)))
    assert summary(replace(PLAIN, preferences=hidden)).splitlines()[1:] == [
        "-# Only board b0, b1, b2, b3, b4 or 2 more",
        "-# Never buzzes",
        "-# No prompts",
    ]


def test_filters_that_can_t_be_read_are_told_with_what_to_do() -> None:
    broken = replace(PLAIN, preferences=Preferences(unreadable=frozenset({"origins"}), spoiler=True))
    assert summary(broken).splitlines() == [
        "<#42> gets nothing: its filters can't be read",
        "-# Start afresh there with /notify off, then /notify here",
    ]


def test_there_is_a_sample_of_each_kind_that_the_channel_gets() -> None:
    heads = [notice.content.split(" · ")[1] for notice in samples(ENDS, Preferences(), MORNING)]
    assert heads == ["✅ #0 done in 1 d 00 h", "❌ #0 failed", "🚫 #0 canceled after 1 d 00 h"]
    [failure] = samples(frozenset({EventKind.FAILED}), Preferences(), MORNING)
    assert failure.content == "🔔 Test notice · ❌ #0 failed · SampleError · all is well"
    assert samples(frozenset(), Preferences(), MORNING) == []


def test_a_sample_comes_in_the_channel_s_manner() -> None:
    preferences = Preferences(rule=Rule(Buzz.FAILURES), spoiler=True, mention=Mention(MentionKind.USER, 9))
    picture, failure, _ = samples(ENDS, preferences, MORNING)
    assert (picture.silent, failure.silent) == (True, False)
    assert "||“a test picture, grey on grey”|| · <@9>" in picture.content
    assert picture.files[0].spoiler
    assert picture.files[0].data.startswith(b"\x89PNG")


def test_who_tried_it_hears_what_was_silent() -> None:
    said = [str(panels.tested(silent).blocks[0]) for silent in ([], [False], [True, True], [True, False])]
    for words, shown in zip(
        ("no notices", "phone buzz", "2 samples are posted, silently", "1 of them"), said, strict=True
    ):
        assert words in shown


def test_boards_are_told_by_name_where_it_is_known() -> None:
    filtered = replace(PLAIN, preferences=Preferences(boards=frozenset({"b-1", "b-2"})))
    assert summary(filtered, {"B-1": "Fo*xes"}).splitlines()[1] == "-# Only board Fo\\*xes or b-2"


@pytest.mark.parametrize(
    ("told", "looked_at", "said"),
    [
        (7, 50, "Of the last 50 jobs 7 would have been told here."),
        (0, 50, "None of the last 50 jobs would have been told here."),
        (0, 1, "The last job would not have been told here."),
        (1, 1, "The last job would have been told here."),
        (0, 0, "No job has ended yet that would have been told here."),
    ],
)
def test_how_many_jobs_would_have_been_told_is_said_in_words(told: int, looked_at: int, said: str) -> None:
    assert trial_line(FilterTrial(told, looked_at)) == said
