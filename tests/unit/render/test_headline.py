"""The mark by which a message of ours is found again is its own, whatever foreign text says."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from render_examples import MORNING, completions, job

from bot.domain.events import Event, EventKind, JobEvent
from bot.domain.jobs import Failure, JobStatus, Output, OutputKind
from bot.domain.subscriptions import Mention, MentionKind
from bot.render import notices
from bot.render.headline import has_mark, headline
from bot.render.presentation import Presentation, apply, redacted

OURS, OTHERS = 812, (81, 2, 8120, 12, 813)
SIGNS = ("✅", "❌", "🚫", "⚠️", "")
forged = st.lists(
    st.one_of(
        st.sampled_from(OTHERS).map(lambda number: f"#{number}"),
        st.sampled_from(
            [*SIGNS, " · ", "·", "\\", "\\\\", "”", "“", "||", "\n", "\u200b", " ", "#", "812", "–", ","]
        ),
        st.text(max_size=3),
    ),
    max_size=12,
).map("".join)
presentations = st.builds(
    Presentation,
    spoiler=st.booleans(),
    hide_prompts=st.booleans(),
    mentions=st.sampled_from([(), (Mention(MentionKind.ROLE, 81),), (Mention(MentionKind.USER, 81),) * 2]),
)


@st.composite
def ends(draw: st.DrawFn) -> Sequence[JobEvent]:
    """Of the job #812, each foreign text of it as somebody would write who wants to be taken for another."""
    kind = draw(
        st.sampled_from([EventKind.COMPLETED, EventKind.FAILED, EventKind.CANCELED, EventKind.INTERRUPTED])
    )
    status = JobStatus.CANCELED if kind is EventKind.INTERRUPTED else JobStatus(kind.value)
    images = draw(st.integers(0, 3)) if kind is EventKind.COMPLETED else 0
    failure = Failure(draw(forged), draw(forged), draw(forged)) if kind is EventKind.FAILED else None
    ended = job(OURS, status, images=images, prompt=draw(forged), failure=failure)
    ended = replace(
        ended,
        user=draw(forged),
        parent=draw(st.none() | st.just(81)),
        outputs=(Output(OutputKind.TEXT, text=draw(forged)),) if not images else (),
    )
    if kind is EventKind.COMPLETED and images:
        return completions(ended)
    return [JobEvent(kind, ended, draw(st.integers(0, 81)))]


def told(events: Sequence[Event], presentation: Presentation) -> str:
    return apply(notices.notice(redacted(events, presentation), {}), presentation).content


@given(ends(), presentations)
def test_a_notice_has_its_own_mark_however_the_channel_shows_it(
    events: Sequence[JobEvent], presentation: Presentation
) -> None:
    assert has_mark(told(events, presentation), notices.dedup_marker(events))


@given(ends(), presentations, forged.filter(lambda text: "\n" not in text))
def test_no_foreign_text_gives_a_notice_the_mark_of_another_job(
    events: Sequence[JobEvent], presentation: Presentation, server: str
) -> None:
    content = told(events, presentation)
    named = notices.notice(events, {}, server_name=server).content
    for line in (content, named):
        for number in OTHERS:
            assert not any(has_mark(line, f"{sign} #{number}") for sign in SIGNS if sign)


@given(ends(), presentations)
def test_no_kind_of_end_has_the_mark_of_another_kind(
    events: Sequence[JobEvent], presentation: Presentation
) -> None:
    content = told(events, presentation)
    assert sum(has_mark(content, f"{sign} #{OURS}") for sign in SIGNS if sign) <= 1


def test_a_mark_is_found_before_and_behind_other_words_but_not_in_a_longer_number() -> None:
    line, mark = headline("✅", "“fox”", which="#81", after=("3 waiting",))
    assert (line, mark) == ("✅ “fox” · #81 · 3 waiting", "✅ #81")
    assert has_mark(line, mark)
    assert has_mark(f"{line} · <@5>", "✅ #81")
    assert not has_mark("✅ “fox” · #812", "✅ #81")
    assert not has_mark("✅ “fox” · part of #81 · #9", "✅ #81")
    assert not has_mark("❌ “fox” · #81", "✅ #81")
    assert has_mark("🏁 Queue empty · 4 done", "🏁 Queue empty · 4 done")


def test_a_mark_tells_the_same_number_of_two_servers_apart() -> None:
    line, mark = headline("✅", "“fox”", which="#81", server="attic")
    assert (line, mark) == ("✅ attic · “fox” · #81", "✅ attic · #81")
    assert has_mark(line, mark)
    assert not has_mark(line, "✅ studio · #81")
    assert not has_mark(line, "✅ #81")
    assert not has_mark("✅ attic-2 · “fox” · #81", mark)


def test_a_line_that_names_no_server_is_known_by_the_mark_of_any() -> None:
    """As it was posted while there was only one."""
    for line in ("✅ “fox” · #81", "✅ Done in 8.6 s · #81", "✅ 10 images · #81", "✅ “attic · 2” · #81"):
        assert has_mark(line, "✅ attic · #81")


@given(ends(), presentations, st.sampled_from(["attic", "studio-2", "7", "-"]))
def test_a_notice_that_names_its_server_has_its_mark_and_no_other_servers(
    events: Sequence[JobEvent], presentation: Presentation, server: str
) -> None:
    shown = apply(
        notices.notice(redacted(events, presentation), {}, server_name=server), presentation
    ).content
    assert has_mark(shown, notices.dedup_marker(events, server_name=server))
    assert has_mark(told(events, presentation), notices.dedup_marker(events, server_name=server))
    assert not has_mark(shown, notices.dedup_marker(events, server_name="other"))


def test_a_notice_of_the_same_job_in_parts_has_a_mark_for_each() -> None:
    ended = replace(job(OURS, images=12), completed_at=MORNING)
    first, second = completions(ended, range(9)), completions(ended, range(9, 12))
    assert not has_mark(told(first, Presentation()), notices.dedup_marker(second))
    assert not has_mark(told(second, Presentation()), notices.dedup_marker(first))
