import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_examples import FAILURE, MORNING, completions, job, pictures

from bot.domain.events import Event, EventKind, JobEvent, Left, ServerEvent
from bot.domain.jobs import JobStatus, Recipe
from bot.domain.quiet_hours import Buzz, Rule, buzzes, quiet_hours
from bot.domain.submissions import Asker
from bot.domain.subscriptions import Mention, MentionKind, Preferences
from bot.render import notices
from bot.render.headline import has_mark
from bot.render.message import Menu, Notice
from bot.render.presentation import Presentation, apply, news_of, presentation_of, redacted

ALL_DAY = (quiet_hours("00:00-12:00 UTC"), quiet_hours("12:00-00:00 UTC"))
NIGHT = quiet_hours("22:00-09:00 UTC")
ROLE = Mention(MentionKind.ROLE, 5)
ANN, BEN = Mention(MentionKind.USER, 9), Mention(MentionKind.USER, 10)
PROMPT = "red fox in snow"
LAST = Left(0, 0)
UNKNOWN = Left()

rules = st.builds(
    Rule,
    st.sampled_from(Buzz),
    st.sampled_from([timedelta(0), timedelta(seconds=5), timedelta(minutes=5)]),
    st.sampled_from([None, NIGHT, *ALL_DAY]),
    st.booleans(),
)
lefts = st.builds(Left, st.none() | st.integers(0, 2), st.none() | st.integers(0, 2))
told = st.builds(
    JobEvent,
    st.sampled_from([EventKind.COMPLETED, EventKind.FAILED, EventKind.CANCELED]),
    st.sampled_from([job(), job(started=False), job(ended=False)]),
    left=lefts,
)


def event(kind: EventKind, left: Left = UNKNOWN) -> JobEvent:
    return JobEvent(
        kind, job(status=JobStatus.FAILED if kind is EventKind.FAILED else JobStatus.COMPLETED), left=left
    )


@given(rules, st.lists(told, min_size=1, max_size=5))
def test_a_message_is_silent_unless_one_of_its_events_may_buzz(rule: Rule, events: list[JobEvent]) -> None:
    loud = [one for one in events if buzzes(rule, news_of(one), MORNING)]
    assert presentation_of(Preferences(rule=rule), events, MORNING).silent is not bool(loud)


def test_what_a_person_asked_the_bot_for_comes_silently_and_mentions_nobody() -> None:
    preferences = Preferences(mention=ROLE)
    mine, other = replace(event(EventKind.CANCELED), by=7), event(EventKind.CANCELED)
    own = presentation_of(preferences, [mine, mine], MORNING)
    assert (own.silent, own.mentions) == (True, ())
    mixed = presentation_of(preferences, [mine, other], MORNING)
    assert (mixed.silent, mixed.mentions) == (False, (ROLE,))


def test_who_asked_hears_that_another_one_canceled_their_job_and_nobody_else_is_mentioned() -> None:
    theirs = replace(event(EventKind.CANCELED), by=7, asker=Asker(9))
    told = presentation_of(Preferences(mention=ROLE), [theirs], MORNING, [9])
    assert (told.silent, told.mentions) == (False, (ANN,))
    own = presentation_of(Preferences(mention=ROLE), [theirs], MORNING)
    assert (own.silent, own.mentions) == (True, ())


def test_each_one_who_is_to_be_mentioned_is_so_once_and_without_a_sound_in_quiet_hours() -> None:
    done = replace(event(EventKind.COMPLETED, LAST), asker=Asker(9))
    preferences = Preferences(mention=ANN, rule=Rule(quiet=NIGHT))
    told = presentation_of(preferences, [done, done], MORNING, [9, 10])
    assert (told.silent, told.mentions) == (True, (ANN, BEN))
    assert rendered(told, *completions(job())).content.endswith(" · <@9> <@10>")


@pytest.mark.parametrize(
    ("buzz", "loud"),
    [
        (Buzz.EACH, {"some", "batch", "queue", "failed", "alone"}),
        (Buzz.PER_BATCH, {"batch", "queue", "failed", "alone"}),
        (Buzz.END, {"queue"}),
        (Buzz.FAILURES, {"failed"}),
        (Buzz.NEVER, set[str]()),
    ],
)
def test_the_rule_says_which_ends_buzz(buzz: Buzz, loud: set[str]) -> None:
    events = {
        "some": event(EventKind.COMPLETED, Left(4, 2)),
        "batch": event(EventKind.COMPLETED, Left(4, 0)),
        "queue": event(EventKind.COMPLETED, LAST),
        "failed": event(EventKind.FAILED, Left(4, 2)),
        "alone": event(EventKind.CANCELED),
    }
    preferences = Preferences(rule=Rule(buzz))
    assert {
        name for name, one in events.items() if not presentation_of(preferences, [one], MORNING).silent
    } == loud


def test_in_quiet_hours_only_failures_break_through_if_they_may() -> None:
    done, failed = event(EventKind.COMPLETED, LAST), event(EventKind.FAILED)
    for through, silent in ((False, True), (True, False)):
        preferences = Preferences(rule=Rule(quiet=NIGHT, failures_break_through=through))
        assert presentation_of(preferences, [done], MORNING).silent
        assert presentation_of(preferences, [failed], MORNING).silent is silent
        assert not presentation_of(preferences, [done], MORNING + timedelta(hours=4)).silent


def test_while_a_channel_is_snoozed_only_what_is_urgent_buzzes() -> None:
    snoozed = Preferences(
        rule=Rule(Buzz.EACH, failures_break_through=True, snoozed_until=MORNING + timedelta(hours=1))
    )
    culprit = JobEvent(EventKind.INTERRUPTED, job(status=JobStatus.CANCELED), restarts=3)
    for one in (event(EventKind.COMPLETED, LAST), event(EventKind.FAILED)):
        assert presentation_of(snoozed, [one], MORNING).silent
        assert not presentation_of(snoozed, [one], MORNING + timedelta(hours=1)).silent
    assert culprit.urgent
    assert not presentation_of(snoozed, [culprit], MORNING).silent


def test_news_of_a_server_buzz_as_any_other_news() -> None:
    news: list[Event] = [ServerEvent(EventKind.NEW_DATABASE, "box", MORNING)]
    assert not presentation_of(Preferences(), news, MORNING).silent
    assert presentation_of(Preferences(rule=Rule(Buzz.FAILURES)), news, MORNING).silent


def rendered(manner: Presentation, *events: JobEvent) -> Notice:
    shown = pictures(*(one.job for one in events))
    return apply(notices.notice(redacted(events, manner), shown), manner)


def every_word(notice: Notice) -> str:
    embeds = [f"{embed.title} {embed.description} {embed.fields} {embed.footer}" for embed in notice.embeds]
    files = [f"{file.name} {file.description} {file.data!r}" for file in notice.files]
    menus = [option.label for row in notice.rows if isinstance(row, Menu) for option in row.options]
    return "\n".join([notice.content, *embeds, *files, *menus])


FAILED = job(
    status=JobStatus.FAILED,
    images=0,
    failure=replace(
        FAILURE, message=f"bad: {PROMPT}", traceback=f"{FAILURE.traceback}ValueError: {PROMPT}\n"
    ),
)
EVERY_KIND = [
    completions(job(812)),
    [*completions(job(812)), *completions(job(813, images=2))],
    [JobEvent(EventKind.FAILED, FAILED)],
    [JobEvent(EventKind.CANCELED, job(status=JobStatus.CANCELED))],
    [JobEvent(EventKind.INTERRUPTED, job(status=JobStatus.CANCELED))],
]


@pytest.mark.parametrize("events", EVERY_KIND)
def test_a_hidden_prompt_is_nowhere_in_a_notice(events: list[JobEvent]) -> None:
    assert "fox" in every_word(rendered(Presentation(), *events))
    hidden = every_word(rendered(Presentation(hide_prompts=True), *events))
    assert "fox" not in hidden
    assert "blurry" not in hidden


def test_the_negative_prompt_is_hidden_as_well() -> None:
    [hidden] = redacted([event(EventKind.COMPLETED)], Presentation(hide_prompts=True))
    assert isinstance(hidden, JobEvent)
    assert hidden.job.recipe is not None
    assert (hidden.job.recipe.prompt, hidden.job.recipe.negative_prompt) == (None, None)
    assert hidden.job.recipe.model == "Juggernaut XL v9"


def test_each_text_of_a_job_is_hidden_in_the_words_of_its_failure() -> None:
    recipe = Recipe(
        "a frozen lake / a frozen lake at night", texts=("a frozen lake", "a frozen lake at night")
    )
    failure = replace(FAILURE, message="bad: a frozen lake at night", traceback="ValueError: a frozen lake\n")
    failed = replace(FAILED, recipe=recipe, failure=failure)
    [hidden] = redacted([JobEvent(EventKind.FAILED, failed)], Presentation(hide_prompts=True))
    assert isinstance(hidden, JobEvent)
    assert hidden.job.recipe == Recipe()
    assert hidden.job.failure == replace(failure, message="bad: [prompt]", traceback="ValueError: [prompt]\n")


@pytest.mark.parametrize("events", EVERY_KIND)
def test_a_spoiler_s_prompt_stands_between_bars_wherever_it_stands(events: list[JobEvent]) -> None:
    notice = rendered(Presentation(spoiler=True), *events)
    assert "fox" in every_word(notice)
    assert "fox" not in re.sub(r"\|\|[^|]*\|\|", "", every_word(notice))


def test_a_spoiler_s_picture_is_seen_after_a_tap_and_its_name_tells_nothing() -> None:
    notice = rendered(Presentation(spoiler=True), *completions(job()))
    assert [file.spoiler for file in notice.files] == [True]
    assert notice.files[0].name == "812-image.png"


def test_whom_it_mentions_stands_last_and_nobody_stands_there_otherwise() -> None:
    assert rendered(Presentation(mentions=(ROLE,)), *completions(job())).content.endswith(
        "“red fox in snow” · 8.6 s · #812 · <@&5>"
    )
    assert rendered(Presentation(), *completions(job())).mentions == ()


@given(st.text(max_size=400), st.booleans(), st.booleans())
def test_a_notice_in_any_manner_keeps_its_mark_and_its_lines_whole(
    prompt: str, spoiler: bool, hide: bool
) -> None:
    done = replace(job(), recipe=Recipe(prompt))
    notice = rendered(Presentation(spoiler=spoiler, hide_prompts=hide, mentions=(ROLE,)), *completions(done))
    assert has_mark(notice.content, notice.dedup_marker)
    assert notice.dedup_marker == notices.dedup_marker(completions(done))
    assert notice.content.count("||") in {0, 2}
    assert len(notice.content.encode("utf-16-le")) // 2 <= 400


def test_a_job_that_makes_invokeai_fall_again_and_again_is_never_silent() -> None:
    preferences = Preferences(rule=Rule(buzz=Buzz.NEVER))
    event = JobEvent(EventKind.INTERRUPTED, job(812, JobStatus.CANCELED), restarts=1)
    assert presentation_of(preferences, [event], MORNING).silent
    assert not presentation_of(preferences, [replace(event, restarts=2)], MORNING).silent
