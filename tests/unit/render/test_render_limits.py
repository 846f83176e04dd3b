"""Whatever InvokeAI tells, Discord takes the message: limits, mentions, fences, secrets, marks."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from render_examples import MORNING, OF_A_SERVER, PNG

from bot.domain import actions
from bot.domain.access import Capability
from bot.domain.actions import ANSWERS, Action
from bot.domain.creation import DeletedStyle, Imagined, StyleList, StyleView, Submitted, Template
from bot.domain.events import BatchCounts, EventKind, JobEvent, Left, PersonalEvent, ServerEvent, Tally
from bot.domain.job_list import JobList, WaitingRun, board_key, searchable
from bot.domain.jobs import BatchPlace, Failure, Job, JobStatus, Lora, Progress, Recipe
from bot.domain.links import AccountLink
from bot.domain.queue import (
    HeldPause,
    Outlook,
    QueueStatus,
    QueueView,
    RecentFailures,
    RunningJob,
    Suspension,
    Undelivered,
    WaitingBatch,
)
from bot.domain.quiet_hours import Buzz, QuietHours, Rule
from bot.domain.styles import SavedStyle, StyleCheck, StyleName, StylePart
from bot.domain.submissions import Asker, PersonUsage, Quota, Submission, Usage
from bot.domain.subscriptions import (
    MAX_WORD,
    Disclosure,
    FilterTrial,
    Mention,
    MentionKind,
    Preferences,
    Subscription,
)
from bot.render import (
    album_text,
    all_queues_panel,
    answers,
    channel_menus,
    channel_panel,
    creation,
    creation_forms,
    forms,
    job_list,
    job_panel,
    linking,
    panels,
    questions,
    queue_panel,
    telling,
    which_server,
)
from bot.render.album_text import AlbumContents, Stage
from bot.render.albums import MISSING, file_prefix
from bot.render.card import card, unreachable
from bot.render.channel_panel import ChannelView
from bot.render.custom_ids import Asked, decode
from bot.render.deletions import Deletion, Posted, after
from bot.render.form_ids import FilledForm
from bot.render.headline import has_mark
from bot.render.list_ids import JobsPage
from bot.render.message import (
    ActionRow,
    Attachment,
    Button,
    File,
    Input,
    MediaGallery,
    Menu,
    Modal,
    Notice,
    Panel,
    PeopleMenu,
    Section,
    Separator,
    Text,
)
from bot.render.notices import (
    Picture,
    canceled,
    completed,
    dedup_marker,
    failed,
    interrupted,
)
from bot.render.personal import ENDS, personal
from bot.render.recipes import NoticeContext
from bot.render.server_notices import of_server
from bot.render.text import fenced, line, units

SECRETS = " /home/alexandra/x hf_abcdefghijklmnop password=hunter2 https://alexandra:hunter2@box "
NOW = MORNING + timedelta(hours=3)
DAY = timedelta(days=1)
SERVERS = [f"a-server-of-many-{number:03}" for number in range(50)]
CANCELS = [action for name, action in ANSWERS.items() if name.startswith("cancel")]
TRIED = settings(suppress_health_check=[HealthCheck.too_slow])

pieces = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [
            "@everyone ",
            "<@1>",
            "```",
            "`",
            "\\",
            "\n",
            "# ",
            "[a](b)",
            "😀",
            "\u202e",
            "*",
            "x y ",
            "/",
            "#812 ",
            "[free](https://e.example)",
            "<https://e.example>",
            "discord.gg/free",
            "||",
            "-# ",
            "> ",
            "<t:1:R>",
            "</queue:1>",
            "<:x:1>",
            "<id:guide>",
            "@\u200bhere",
            "\u2066",
            "\u2028",
        ]
    ),
    st.just(SECRETS),
)


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """Up to some 40,000 characters; a secret stands whole or not at all."""
    words = "".join(draw(st.lists(pieces, max_size=6)))
    most = max(1, 40_000 // max(1, len(words)))
    head = draw(st.sampled_from(["", SECRETS]))
    return head + words * min(most, draw(st.sampled_from([1, 1, 3, 2000])))


foreign = hostile()
maybe = st.none() | foreign
server_names = st.sampled_from([None, "a", "studio-2", "x" * 20])
times = st.none() | st.integers(-5, 10**7).map(lambda seconds: MORNING + timedelta(seconds=seconds))
recipes = st.builds(
    Recipe,
    prompt=maybe,
    negative_prompt=maybe,
    model=maybe,
    seed=st.none() | st.integers(0, 2**64),
    width=st.none() | st.integers(0, 10**6),
    height=st.none() | st.integers(0, 10**6),
    steps=st.none() | st.integers(),
    cfg_scale=st.none() | st.floats(),
    scheduler=maybe,
    loras=st.lists(st.builds(Lora, foreign, st.none() | st.floats()), max_size=6).map(tuple),
)


@st.composite
def whole_jobs(draw: st.DrawFn, number: int | None = None, images: int = 14) -> Job:
    own = draw(st.integers(1, 10**12)) if number is None else number
    return Job(
        server="default",
        number=own,
        status=draw(st.sampled_from(JobStatus)),
        batch_id=draw(foreign),
        session_id=draw(maybe),
        created_at=MORNING,
        started_at=draw(times),
        completed_at=draw(times),
        origin=draw(maybe),
        destination=draw(maybe),
        user=draw(maybe),
        device=draw(maybe),
        retried_from=draw(st.none() | st.integers(1, 10**12)),
        parent=draw(st.none() | st.integers(1, 10**12)),
        recipe=draw(st.none() | recipes),
        images=tuple(f"{own}-{place}.png" for place in range(draw(st.integers(0, images)))),
        failure=draw(st.none() | st.builds(Failure, foreign, foreign, foreign)),
    )


@st.composite
def albums(draw: st.DrawFn) -> tuple[list[JobEvent], dict[str, Picture]]:
    numbers = draw(st.lists(st.integers(1, 10**9), min_size=1, max_size=12, unique=True))
    first = draw(whole_jobs(images=3))
    group = [
        replace(
            first,
            number=number,
            images=tuple(f"{number}-{place}.png" for place in range(draw(st.integers(0, 12)))),
        )
        for number in numbers
    ]
    every = [
        JobEvent(EventKind.COMPLETED, job, image=place) for job in group for place in range(len(job.images))
    ]
    events = draw(st.permutations(every))[: draw(st.integers(1, 10))]
    events += [JobEvent(EventKind.COMPLETED, job) for job in group if not job.images]
    problem = draw(foreign)
    present = draw(st.booleans())
    given = {
        name: Picture(name, PNG if present else None, None if present else problem)
        for job in group
        for name in job.images[:2]
    }
    return events or [JobEvent(EventKind.COMPLETED, replace(first, images=()))], given


@st.composite
def batch_counts(draw: st.DrawFn) -> BatchCounts | None:
    count = st.integers(0, 10**6)
    ended = Tally(draw(count), draw(count), draw(count))
    return draw(st.sampled_from([None, BatchCounts(ended.all + draw(count), ended)]))


def harmless(text: str) -> None:
    """Where Discord reads no markdown."""
    assert not re.search(r"@(everyone|here|[!&]?\d)", text, re.IGNORECASE)
    assert "alexandra" not in text
    assert "hunter2" not in text
    assert "abcdefghijklmnop" not in text
    assert "\u202e" not in text


def safe(text: str) -> None:
    harmless(text)
    assert text.count("```") in (0, 2)
    outside = re.sub(r"```.*```", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)(\\\\)*(<[@#:/ait]|\]\(|\|\||://)", outside)
    assert not re.search(r"discord(app)?\.(gg|com)/", outside)
    assert not re.search("[\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)


def files_are_fit(files: tuple[File, ...]) -> None:
    names = [file.name for file in files]
    assert len(names) <= 10
    assert len(set(names)) == len(names)
    for file in files:
        assert re.fullmatch(r"[0-9][0-9a-z-]*\.[a-z]{3,4}", file.name)
        assert len(file.name) <= 100
        assert units(file.description or "") <= 1024
        harmless(file.description or "")


def texts(notice: Notice) -> Iterator[str]:
    for embed in notice.embeds:
        yield from (embed.title or "", embed.description or "", embed.footer or "")
        for field in embed.fields:
            yield from (field.name, field.value)


def notice_is_fit(notice: Notice) -> None:
    assert 0 < units(notice.content) <= 300
    assert has_mark(notice.content, notice.dedup_marker)
    assert "\n" not in notice.content
    safe(notice.content)
    assert sum(units(text) for text in texts(notice)) <= 6000
    for text in texts(notice):
        safe(text)
    for embed in notice.embeds:
        assert units(embed.description or "") <= 4096
        assert units(embed.footer or "") <= 2048
        assert len(embed.fields) <= 25
        assert all(0 < units(field.value) <= 1024 for field in embed.fields)
        assert embed.description is None or embed.description.strip()
    files_are_fit(notice.files)


def panel_is_fit(panel: Panel, ours: str = r"(?<!\\)<t:-?\d+:R>") -> None:
    """Also with the name of its server above it, where there are several."""
    panel = which_server.named(panel, "a-server-of-20-signs")
    bodies = [block.body for block in panel.blocks if isinstance(block, Text | Section)]
    assert 0 < sum(units(body) for body in bodies) <= 4000
    for body in bodies:
        assert body.strip()
        safe(re.sub(ours, "", body))
    named: list[str] = []
    buttons: list[Button] = []
    menus: list[str] = []
    for block in panel.blocks:
        if isinstance(block, MediaGallery):
            assert 1 <= len(block.items) <= 10
            assert all(1 <= units(one.description or "-") <= 1024 for one in block.items)
            named += [one.name for one in block.items]
        elif isinstance(block, Attachment):
            named.append(block.name)
        elif isinstance(block, Section):
            named.append(block.picture.name)
        elif isinstance(block, ActionRow):
            buttons += block.buttons
            assert 1 <= len(block.buttons) <= 5
        elif isinstance(block, Menu):
            menus.append(block.action)
            assert 0 <= block.least <= block.most <= len(block.options)
            assert sum(one.chosen for one in block.options) <= block.most
            assert len({one.value for one in block.options}) == len(block.options)
            assert 1 <= len(block.options) <= 25
            assert all(1 <= units(one.label) <= 100 and 1 <= len(one.value) <= 100 for one in block.options)
        elif isinstance(block, PeopleMenu):
            menus.append(block.action)
        else:
            assert isinstance(block, Text | Separator)
    assert all(
        1 <= len(button.action) <= 100 and 1 <= units(button.label or button.emoji or "") <= 80
        for button in buttons
    )
    assert len({button.action for button in buttons} | set(menus)) == len(buttons) + len(menus)
    sections = sum(isinstance(block, Section) for block in panel.blocks)
    assert len(panel.blocks) + len(buttons) + len(menus) + 2 * sections <= 39  # and the container, of 40
    assert sorted(named) == sorted(file.name for file in panel.files)


@TRIED
@given(albums(), server_names)
def test_finished_images_always_make_a_message_that_discord_takes(
    album: tuple[list[JobEvent], dict[str, Picture]], server: str | None
) -> None:
    events, given = album
    notice = completed(events, given, server_name=server)
    notice_is_fit(notice)
    assert dedup_marker(events, server_name=server) == notice.dedup_marker


@TRIED
@given(whole_jobs(), st.integers(-1, 10**9), server_names)
def test_a_failure_always_makes_a_message_that_discord_takes(
    job: Job, pending: int, server: str | None
) -> None:
    notice = failed(JobEvent(EventKind.FAILED, job, pending), server_name=server)
    notice_is_fit(notice)
    for file in notice.files:
        text = file.data.decode()
        assert "alexandra" not in text
        assert "hunter2" not in text
        assert "abcdefghijklmnop" not in text


@TRIED
@given(whole_jobs(), st.sets(st.integers(1, 2**63), max_size=300), server_names)
def test_the_same_failure_of_many_jobs_always_makes_a_message_that_discord_takes(
    job: Job, numbers: set[int], server: str | None
) -> None:
    event = JobEvent(EventKind.FAILED, job)
    notice = failed(event, [job.number, *numbers], server_name=server)
    notice_is_fit(notice)
    assert notice.dedup_marker == failed(event, server_name=server).dedup_marker


@TRIED
@given(
    st.sampled_from(OF_A_SERVER),
    foreign,
    times,
    st.integers(0, 10**9),
    server_names,
)
def test_news_of_a_server_always_make_a_message_that_discord_takes(
    kind: EventKind, words: str, since: datetime | None, count: int, server: str | None
) -> None:
    tally = Tally(count, count, count)
    told = of_server(ServerEvent(kind, "default", NOW, words, since, count, tally), server_name=server)
    assert units(told.content) <= 300
    ours = re.sub(r"<t:\d+:t>", "14:05", told.content)
    notice_is_fit(replace(told, content=ours, dedup_marker=ours))


@TRIED
@given(
    foreign | st.none(),
    server_names,
    st.sampled_from([None, *ENDS]),
    st.none() | st.just(BatchCounts(10**9, Tally(10**8, 10**8, 10**8))),
    st.booleans(),
)
def test_what_one_person_is_told_always_makes_a_message_that_discord_takes(
    prompt: str | None, server: str | None, end: EventKind | None, counts: BatchCounts | None, direct: bool
) -> None:
    event = PersonalEvent(
        EventKind.PERSONAL,
        *("default", NOW, 9, 7, 2**64 - 1),
        number=10**9,
        end=end,
        counts=counts,
        prompt=prompt,
        direct=direct,
    )
    told = personal(event, server_name=server)
    ours = {
        part: re.sub(r"<(t:\d+:t|#\d+)>", "14:05", getattr(told, part))
        for part in ("content", "dedup_marker")
    }
    notice_is_fit(replace(told, **ours))


@TRIED
@given(
    whole_jobs(),
    st.sets(st.integers(1, 10**9), max_size=60),
    server_names,
    st.sampled_from([None, 2**64 - 1]),
)
def test_cancellations_always_make_a_message_that_discord_takes(
    job: Job, numbers: set[int], server: str | None, by: int | None
) -> None:
    events = [
        JobEvent(EventKind.CANCELED, job, by=by),
        *(JobEvent(EventKind.CANCELED, replace(job, number=n), by=by) for n in numbers),
    ]
    told = canceled(events, server_name=server)
    assert units(told.content) <= 300
    ours = {part: getattr(told, part).replace(f"<@{by}>", "somebody") for part in ("content", "dedup_marker")}
    notice_is_fit(replace(told, **ours))


@TRIED
@given(st.data())
def test_groups_that_share_no_event_never_have_the_same_mark(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 6), min_size=2, max_size=6))
    plain = Job("default", 1, JobStatus.COMPLETED, "b", None, MORNING)
    jobs = [
        replace(plain, number=800 + place, images=tuple(f"{place}-{n}" for n in range(size)))
        for place, size in enumerate(sizes)
    ]
    every = [
        JobEvent(EventKind.COMPLETED, job, image=place)
        for job in jobs
        for place in (range(len(job.images)) if job.images else [None])
    ]
    order = data.draw(st.permutations(every))
    split = data.draw(st.integers(1, len(order) - 1))
    one, two = order[:split][:10], order[split:][:10]
    first, second = completed(one, {}), completed(two, {})
    assert not has_mark(second.content, first.dedup_marker)
    assert not has_mark(first.content, second.dedup_marker)


@TRIED
@given(st.sets(st.integers(1, 40), min_size=2), st.data())
def test_cancellations_that_share_no_job_never_have_the_same_mark(
    numbers: set[int], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(sorted(numbers)))
    split = data.draw(st.integers(1, len(order) - 1))
    plain = Job("default", 1, JobStatus.CANCELED, "b", None, MORNING)
    one, two = (
        canceled([JobEvent(EventKind.CANCELED, replace(plain, number=number)) for number in part])
        for part in (order[:split], order[split:])
    )
    assert not has_mark(two.content, one.dedup_marker)
    assert not has_mark(one.content, two.dedup_marker)


@TRIED
@given(whole_jobs(), maybe)
def test_a_whole_job_always_fits_a_panel(job: Job, server: str | None) -> None:
    pictures = [Picture(name, PNG if place % 3 else None, server) for place, name in enumerate(job.images)]
    panel = job_panel.job(job, pictures, NOW, server_name=server)
    panel_is_fit(panel)
    for starred in (True, False):
        panel_is_fit(job_panel.more(job, starred=starred))
    files_are_fit(tuple(file for file in panel.files if not file.name.endswith(".txt")))


@TRIED
@given(st.lists(whole_jobs(), max_size=6), st.lists(whole_jobs(), max_size=3), foreign, st.floats(), maybe)
def test_the_queue_always_fits_a_panel(
    running: list[Job], waiting: list[Job], words: str, share: float, server: str | None
) -> None:
    status = QueueStatus("default", 10**9, 1, 10**9, 10**9, 10**9, 10**9, paused=False, processing=True)
    view = QueueView(
        status,
        tuple(
            RunningJob(job, Progress("default", job.number, words, share), 99 * DAY, place=BatchPlace(1, 9))
            for job in running
        ),
        tuple(WaitingBatch(job, 10**6) for job in waiting),
        NOW,
        RecentFailures(10**6, NOW),
        Undelivered(10**6, 10**6, 10**6),
        sees_all=False,
        doubtful_queue=True,
    )
    for capability in Capability:
        panel = queue_panel.queue(view, server_name=server, capability=capability)
        panel_is_fit(panel, r"(?<!\\)<t:-?\d+:[Rt]>")


@TRIED
@given(st.lists(whole_jobs(), max_size=6), foreign, st.floats(), st.booleans(), maybe)
def test_the_live_card_always_fits_a_panel(
    running: list[Job], words: str, share: float, paused: bool, server: str | None
) -> None:
    running = [replace(job, number=place) for place, job in enumerate(running, 1)]
    status = QueueStatus("default", 10**9, len(running), 0, 0, 0, 0, paused=paused, processing=True)
    held = HeldPause("default", 2**64 - 1, NOW, NOW, words, after_batch=words if paused else None)
    jobs = tuple(
        RunningJob(job, Progress("default", job.number, words, share), 99 * DAY, PNG, BatchPlace(1, 9))
        for job in running
    )
    panel = card(status, jobs, empty_at=NOW, held=held, server_name=server)
    panel_is_fit(panel, r"(?<!\\)<t:-?\d+:[Rt]>|by <@\d+>")
    files_are_fit(panel.files)
    panel_is_fit(unreachable(server_name=server))
    panel_is_fit(telling.choice("default", jobs))
    link = AccountLink("default", words, words, 2**64 - 1, 7, 2**64 - 1)
    for told in (linking.linked(link), linking.links([link] * 99), linking.unlinked(link)):
        panel_is_fit(told, r"<[@#]\d+>")


@TRIED
@given(
    whole_jobs(),
    st.integers(0, 10**9),
    st.integers(0, 12),
    st.integers(1, 2**64 - 1),
    st.sampled_from(CANCELS),
)
def test_a_question_always_fits_a_panel(
    job: Job, count: int, running: int, user: int, action: Action
) -> None:
    status = QueueStatus("default", count, running, count, count, count, count, paused=True, processing=True)
    asked = Asked(user, NOW)
    batches = tuple(WaitingBatch(job, count) for _ in range(running % 4))
    first = tuple(replace(job, number=place + 1) for place in range(running % 3))
    named = job if action.of_job else None
    those = questions.Cancelable("default", running, count, named, () if named else batches, first)
    at = r"(?<!\\)<t:-?\d+:t>"
    panel_is_fit(questions.clear(status, [job] * running, asked), at)
    panel_is_fit(questions.prune(status, asked), at)
    panel_is_fit(questions.cancel(action, those, asked), at)
    panel_is_fit(questions.delete_images(job, asked), at)


@TRIED
@given(whole_jobs(), st.integers(0, 10**9), st.lists(st.tuples(st.integers(1, 2**63), foreign), max_size=12))
def test_a_deletions_answer_always_fits_a_panel(job: Job, posts: int, failed: list[tuple[int, str]]) -> None:
    panel_is_fit(answers.deleted_images(job, posts))
    panel_is_fit(answers.deleted_everywhere(job, posts, posts, failed), r"(?<!\\)<#\d+>")


@TRIED
@given(
    whole_jobs(),
    st.lists(st.integers(1, 10**9), min_size=1, max_size=10, unique=True),
    batch_counts(),
    st.integers(0, 10),
    foreign,
)
def test_an_album_that_grows_always_makes_a_message_that_discord_takes(
    job: Job, numbers: list[int], counts: BatchCounts | None, kept: int, words: str
) -> None:
    jobs = [replace(job, number=number, images=(f"{number}.png",)) for number in sorted(numbers)]
    events = [JobEvent(EventKind.COMPLETED, one, image=0) for one in jobs]
    files = {one.images[0]: Picture(one.images[0], PNG) for one in jobs[::2]}
    names = {f"{file_prefix(one.job, one.image or 0)}x.png": place for place, one in enumerate(events[:kept])}
    posted = AlbumContents(names, {MISSING: f"#1: {line(words, 160)}"}, ("🗑️ #1 deleted by <@7>",))
    stage = Stage(counts, timedelta(days=9), queue_empty=True)
    server = (None, "x" * 20)[kept % 2]
    notice = album_text.album(events, files, posted, around=NoticeContext(server=server), stage=stage)
    assert has_mark(notice.content, notice.dedup_marker)
    notice_is_fit(replace(notice, content=notice.content.replace("\n🗑️ #1 deleted by <@7>", "")))
    done = replace(events[-1], left=Left(0, 0, counts))
    last = album_text.batch_done(
        done, [1, 10**9], prompt=words, ran=timedelta(9), queue_empty=True, server_name=server
    )
    assert has_mark(last.content, last.dedup_marker)
    notice_is_fit(last)


@TRIED
@given(
    st.sets(st.integers(1, 60), min_size=2, max_size=25),
    st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=40),
    foreign,
)
def test_a_post_whose_images_were_deleted_always_fits_a_message(
    numbers: set[int], deleted: list[tuple[int, bool]], words: str
) -> None:
    plain = Job("default", 1, JobStatus.COMPLETED, "b", None, MORNING, recipe=Recipe(words))
    jobs = [replace(plain, number=number, images=(f"{number}.png",)) for number in sorted(numbers)]
    notice = completed([JobEvent(EventKind.COMPLETED, job, image=0) for job in jobs][:10], {})
    post = Posted(notice.content, tuple(one.description or "" for one in notice.embeds), (), notice.rows)
    for number, from_posts in deleted:
        post = after(post, Deletion("default", number, 2**64 - 1, from_posts))
        assert 0 < units(post.content) <= 2000
        safe(re.sub(r"by <@\d+>", "", post.content))


@TRIED
@given(whole_jobs(), st.integers(0, 10), st.none() | st.sampled_from(JobStatus), foreign, maybe)
def test_a_list_of_jobs_always_fits_a_panel(
    job: Job, count: int, status: JobStatus | None, words: str, server: str | None
) -> None:
    listed = [replace(job, number=10**9 - place) for place in range(count)]
    running = [RunningJob(one, Progress("default", one.number, words, 0.5)) for one in listed[:2]]
    rows = [WaitingRun(1, 10**9, 10**9, 10**9), *listed[2:-1]]
    thumbnails = {one.number: PNG for one in listed}
    for before in (None, 10**9 + 1):
        for looked_for in ("", searchable(words)):
            board = board_key(words) if looked_for else None
            at = JobsPage("default", status, before, board, looked_for, mine=count % 2 == 0)
            page = JobList(tuple(running), tuple(rows), 5, 10**6 if looked_for else None, unsent=10**6)
            panel = job_list.jobs(
                page, at, NOW, thumbnails, board=words, server_name=server, creates=count % 3 == 0
            )
            panel_is_fit(panel)
            files_are_fit(panel.files)


@TRIED
@given(foreign, st.integers(0, 120))
def test_sentences_and_channels_always_fit_a_panel(words: str, count: int) -> None:
    panel_is_fit(panels.one_sentence(words))
    panel_is_fit(panels.refused(words))


@st.composite
def channel_views(draw: st.DrawFn) -> ChannelView:
    words = draw(foreign)
    word = words if len(words) < MAX_WORD else "x"
    many = frozenset(f"{word}{number}".casefold() for number in range(20))
    zone = ZoneInfo("America/Argentina/ComodRivadavia")
    quiet = draw(st.none() | st.just(QuietHours(time(22), time(7), zone)))
    preferences = Preferences(
        origins=draw(st.sampled_from([frozenset[str](), many])),
        boards=draw(st.sampled_from([frozenset[str](), many])),
        users=draw(st.sampled_from([frozenset[str](), many])),
        destinations=many,
        rule=Rule(draw(st.sampled_from(Buzz)), timedelta(seconds=86_399), quiet, True, draw(times)),
        spoiler=draw(st.booleans()),
        hide_prompts=draw(st.booleans()),
        mention=draw(st.none() | st.just(Mention(MentionKind.ROLE, 2**64 - 1))),
        unreadable=draw(st.sampled_from([frozenset[str](), frozenset({"users"})])),
    )
    channel_id = draw(st.integers(1, 2**64 - 1))
    return ChannelView(
        Subscription(
            channel_id,
            7,
            draw(st.sampled_from([None, frozenset(SERVERS[:1]), frozenset(SERVERS[30:])])),
            draw(st.frozensets(st.sampled_from(EventKind))),
            preferences,
        ),
        NOW,
        zone,
        {f"{number}{word}": words for number in range(draw(st.integers(0, 60)))},
        [f"{word}{number}" for number in range(draw(st.integers(0, 60)))],
        draw(st.none() | st.just(FilterTrial(0, 50))),
        draw(st.none() | st.just(Suspension(channel_id, words, MORNING, MORNING, 10**9))),
        SERVERS[:20],
    )


OF_CHANNELS = r"(?<!\\)(?:<#\d+>|<@&\d+>|<t:-?\d+:[Rt]>)"


@TRIED
@given(st.lists(channel_views(), min_size=3, max_size=3, unique_by=lambda view: view.channel_id), foreign)
def test_a_channel_s_settings_always_fit_a_panel(views: list[ChannelView], words: str) -> None:
    panel_is_fit(panels.one_sentence(words))
    panel_is_fit(panels.refused(words))
    panel_is_fit(channel_panel.several(views, 2, 9_999), OF_CHANNELS)
    for view in views:
        for panel in (
            channel_panel.settings(view, channel_panel.tested([True, False])),
            channel_panel.stop(view),
            channel_panel.snooze(view),
            channel_panel.stopped(view.channel_id, 10**9),
            channel_menus.change(view),
        ):
            panel_is_fit(panel, OF_CHANNELS)
        for form in (
            channel_menus.quiet_hours(view.subscription, view.zone),
            channel_menus.more(view.subscription),
        ):
            assert len(form.title) <= 45
            for each in form.inputs:
                assert 1 <= len(each.label) <= 45
                assert len(each.hint) <= 100
                assert units(each.text) <= each.longest <= 4000


@TRIED
@given(whole_jobs(images=1), st.integers(0, 10**9), st.integers(0, 10**4), st.booleans(), server_names)
def test_interruptions_always_make_a_message_that_discord_takes(
    job: Job, pending: int, restarts: int, paused: bool, server: str | None
) -> None:
    event = JobEvent(EventKind.INTERRUPTED, job, pending, restarts=restarts, paused=paused)
    told = interrupted(event, server_name=server)
    notice_is_fit(told)
    assert dedup_marker([event], server_name=server) == told.dedup_marker


@TRIED
@given(st.lists(st.text(max_size=4000), min_size=1, max_size=5), foreign)
def test_a_form_that_is_handed_back_fits_a_panel_and_loses_nothing(typed: list[str], sentence: str) -> None:
    inputs = tuple(Input(str(place), "x" * 45, text, longest=4000) for place, text in enumerate(typed))
    panel = forms.handed_back(sentence, Modal("Form", "form", inputs), 2**64 - 1)
    bodies = [block.body for block in panel.blocks if isinstance(block, Text)]
    panel_is_fit(replace(panel, blocks=(Text(bodies[0]), *panel.blocks[len(bodies) :])))
    assert 0 < sum(map(units, bodies)) <= 4000
    for text in filter(str.strip, typed):
        in_file = any(text.encode("utf-8", "replace") in file.data for file in panel.files)
        assert in_file or any(fenced(text).strip("\n") in body for body in bodies[1:])


disclosures = st.builds(Disclosure, spoiler=st.booleans(), hide_prompts=st.booleans())
style_checks = st.builds(
    StyleCheck,
    prompt=maybe,
    negative=st.none(),
    seed=st.booleans(),
    size=st.none() | st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
    steps=st.none() | st.integers(0, 10**9),
    pictures=st.none() | st.integers(0, 10**9),
    image=st.none() | st.just("a.png"),
    images=st.just(()),
    models=st.lists(foreign, max_size=4).map(tuple),
    unknown=st.lists(st.sampled_from(StylePart), unique=True).map(tuple),
)


def style_named(name: str) -> StyleName:
    return StyleName(7, name, "attic", 812, 2**63, MORNING)


@TRIED
@given(style_checks, foreign, maybe, disclosures, st.booleans())
def test_a_style_always_fits_a_panel_and_its_picture_is_covered_as_the_channel_says(
    check: StyleCheck, name: str, missing: str | None, disclosure: Disclosure, fresh: bool
) -> None:
    view = StyleView(SavedStyle(style_named(name), "{}", PNG), check, missing)
    panel = creation.saved(view, disclosure, default_here=True) if fresh else creation.style(view, disclosure)
    able = {server: missing if place % 2 else None for place, server in enumerate(SERVERS)}
    panel_is_fit(without_person(creation.style(view, disclosure, able)), r"(?<!\\)<t:-?\d+:R>")
    panel_is_fit(without_person(panel))
    [gallery] = [block for block in panel.blocks if isinstance(block, MediaGallery)]
    assert gallery.spoiler == disclosure.spoiler


def without_person(panel: Panel) -> Panel:
    """Without what is ours: the mention of who saved it, which notifies nobody, and the prompt's bars."""
    [words, *others] = panel.blocks
    assert isinstance(words, Text)
    body = words.body.replace(f"<@{2**63}>", "Ann").replace("Prompt: ||“", "Prompt: “").replace("”||", "”")
    return replace(panel, blocks=(Text(body), *others))


@TRIED
@given(st.lists(foreign, max_size=60), st.integers(0, 30), st.integers(0, 16), maybe, st.booleans())
def test_answers_about_creating_always_fit_a_panel(
    names: list[str], jobs: int, numbers: int, prompt: str | None, paused: bool
) -> None:
    known = [style_named(name) for name in names]
    panel_is_fit(creation.styles(StyleList(known, *names[:2])))
    able = {
        name: {server: None if server != SERVERS[0] else "gone" for server in SERVERS[:24]} for name in names
    }
    panel_is_fit(creation.styles(StyleList(known, *names[:2]), several=True, able=able))
    for about in known[:1]:
        panel_is_fit(creation.deleted(DeletedStyle(about, paused, jobs)))
        panel_is_fit(creation.default(about, here=paused))
    one = Submission(1, "attic", "b1", Asker(5), MORNING, max(jobs, numbers, 1), numbers)
    outlook = Outlook(paused, jobs or None, MORNING) if names else None
    template = Template("{}", 812, names[0] if names else None)
    done = Imagined(Submitted(one, tuple(range(900, 900 + numbers))), template, (2**32 - 1,), outlook)
    for server in (None, SERVERS[0]):
        panel_is_fit(creation.imagined(prompt, done, server_name=server))
    usage = Usage(jobs, [(MORNING, jobs)])
    panel_is_fit(creation.usage(usage, Quota(4, daily=9), counted=paused))


@TRIED
@given(st.lists(foreign, min_size=1, max_size=25), st.integers(0, 25), st.integers(1, 2**64 - 1))
def test_a_form_for_a_picture_takes_whatever_files_are_called(
    files: list[str], styles: int, form_id: int
) -> None:
    labels = creation_forms.labels(files)
    form = creation_forms.use_as_input(form_id, labels, [str(each) for each in range(styles)])
    assert decode(form.action, ()) == FilledForm(actions.USE_AS_INPUT, form_id)
    assert len(form.inputs) <= 5
    assert len(set(labels)) == len(labels)
    assert all(0 < units(each) <= 100 for each in labels)
    assert [creation_forms.place_of(each) for each in labels] == list(range(len(files)))


@given(st.integers(0, 1000), st.integers(0, 10**6), st.booleans())
def test_the_quotas_of_many_people_fit_a_panel(people: int, jobs: int, counted: bool) -> None:
    usage = Usage(jobs, [(MORNING, jobs)])
    everybody = [PersonUsage(10**19 + one, usage, counted) for one in range(people)]
    shown = creation.everybody(everybody, Quota(jobs, daily=jobs))
    blocks = (block for block in shown.blocks if isinstance(block, Text))
    panel_is_fit(replace(shown, blocks=tuple(Text(block.body.replace("<@", "(_")) for block in blocks)))


@TRIED
@given(
    st.lists(whole_jobs(), min_size=1, max_size=4),
    foreign,
    st.floats(),
    st.lists(
        st.sampled_from(["busy", "paused", "waits", "idle", "paused idle", "away"]), min_size=50, max_size=50
    ),
    st.integers(1, 50),
)
def test_any_number_of_servers_always_fits_a_panel_and_a_card(
    jobs: list[Job], words: str, share: float, states: list[str], count: int
) -> None:
    held = HeldPause("default", 2**64 - 1, NOW, NOW, words)
    running = tuple(
        RunningJob(
            replace(job, number=10**9 + place),
            Progress("x", 10**9 + place, words, share),
            99 * DAY,
            PNG,
            BatchPlace(1, 9),
        )
        for place, job in enumerate(jobs)
    )
    views: dict[str, QueueView | None] = {}
    for server, state in zip(SERVERS[:count], states, strict=False):
        at_work, paused = state == "busy", "paused" in state
        waiting = 10**9 if state in ("busy", "paused", "waits") else 0
        status = QueueStatus(server, waiting, len(jobs) * at_work, 0, 0, 0, 0, paused=paused, processing=True)
        view = QueueView(status, running if at_work else (), empty_at=NOW, held=held if paused else None)
        views[server] = None if state == "away" else view
    for panel in (all_queues_panel.panel(views), all_queues_panel.card(views)):
        panel_is_fit(panel, r"(?<!\\)<t:-?\d+:[Rt]>|by <@\d+>")
        files_are_fit(panel.files)
