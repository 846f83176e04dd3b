"""Each notice and each panel as Discord gets it, from what a real InvokeAI answered.

After a change that is meant: `pytest tests/unit/render/test_snapshots.py --snapshot-update`.
Read what changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from invokeai_answers import captured
from payloads import notice_payload, panel_payload
from render_examples import FAILURE, PNG
from syrupy.assertion import SnapshotAssertion

from bot.discord.components import modal_of
from bot.domain import actions
from bot.domain.access import Capability
from bot.domain.creation import (
    Again,
    DeletedStyle,
    Imagined,
    Ran,
    Smaller,
    StyleList,
    StyleView,
    Submitted,
    Template,
)
from bot.domain.events import BatchCounts, Event, EventKind, JobEvent, Left, PersonalEvent, ServerEvent, Tally
from bot.domain.job_list import JobList, WaitingRun, board_key
from bot.domain.jobs import (
    BatchPlace,
    Board,
    Job,
    JobStatus,
    Progress,
    Recipe,
)
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
from bot.domain.quiet_hours import Buzz, Rule, quiet_hours
from bot.domain.statistics import Period, Requester, Total, statistics
from bot.domain.styles import SavedStyle, StyleCheck, StyleName, StylePart
from bot.domain.submissions import Asker, PersonUsage, Quota, Submission, Usage
from bot.domain.subscriptions import (
    ENDS,
    Disclosure,
    FilterTrial,
    Mention,
    MentionKind,
    Mine,
    Preferences,
    Subscription,
)
from bot.domain.workflows import FieldKind, FormField, Limits, Option, Question
from bot.invokeai.models import Item, Status
from bot.render import (
    all_queues_panel,
    answers,
    channel_menus,
    channel_panel,
    creation,
    creation_forms,
    deletions,
    forms,
    job_list,
    job_panel,
    linking,
    notices,
    panels,
    questions,
    queue_panel,
    telling,
    which_server,
    workflow_forms,
)
from bot.render import statistics as stats
from bot.render.album_text import AlbumContents, Stage, album
from bot.render.card import card, unreachable
from bot.render.channel_panel import ChannelView
from bot.render.custom_ids import Asked
from bot.render.deletions import Deletion
from bot.render.list_ids import JobsPage
from bot.render.message import File, Panel
from bot.render.notices import Picture
from bot.render.recipes import NoticeContext
from bot.render.which_server import Candidate
from bot.render.workflow_ids import WorkflowOpen

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
ASKED = Asked(7, NOW + timedelta(minutes=5))
TYPED = forms.refilled(questions.tweak(812, "invokeai", "a fox"), {"seed": "banana"})
MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
FIRST = ChannelView(
    Subscription(42, 7, None, ENDS), NOW, BERLIN, {"b1": "Foxes"}, ["Ann", "Bob"], FilterTrial(50, 50)
)
RULE = Rule(
    Buzz.FAILURES, 30 * MINUTE / 60, quiet_hours("22:00-07:30 Europe/Berlin"), True, NOW + 60 * MINUTE
)
CHOSEN = Preferences(
    boards=frozenset({"b1", "none", "b-gone"}),
    users=frozenset({"ann"}),
    origins=frozenset({"canvas"}),
    rule=RULE,
    spoiler=True,
    mention=Mention(MentionKind.ROLE, 5),
    live=False,
)
CHANNEL = replace(
    FIRST, subscription=replace(FIRST.subscription, preferences=CHOSEN), trial=FilterTrial(0, 50)
)
SUSPENDED = replace(
    FIRST,
    subscription=Subscription(43, 7, None, frozenset({EventKind.COMPLETED})),
    suspension=Suspension(43, "Attach Files is missing", NOW, NOW + MINUTE, 14),
)

LINK = AccountLink("invokeai", "a-1", "Ann", 9, 7, 42)
YOURS = PersonalEvent(
    EventKind.PERSONAL,
    "invokeai",
    NOW,
    user_id=9,
    guild_id=7,
    channel_id=42,
    number=812,
    end=EventKind.COMPLETED,
    prompt="red fox in snow",
    direct=True,
)


def queued(*numbers: int) -> Submitted:
    """All that was asked for."""
    count = len(numbers)
    return Submitted(Submission(1, "invokeai", "b1", Asker(7), NOW, count, count), numbers)


RAN = Total(
    NOW.replace(hour=1), "studio", "SDXL *base*", Requester(9), JobStatus.COMPLETED, 30, 31, MINUTE * 12
)
BUSY_DAY = statistics(
    [
        RAN,
        replace(RAN, model="FLUX", person=Requester(name="ann"), status=JobStatus.FAILED, jobs=2, images=0),
        replace(
            RAN, server="attic", model="", person=Requester(), status=JobStatus.CANCELED, jobs=1, images=0
        ),
    ],
    Period.TODAY,
    NOW,
    UTC,
)
YES_NO = (Option("yes", "Yes"), Option("no", "No"))
WORKFLOW = [
    Question(FormField("n", "prompt", FieldKind.TEXT, "Prompt", "What you see", multiline=True), (), "a fox"),
    Question(
        FormField("n", "steps", FieldKind.WHOLE_NUMBER, "Steps", limits=Limits(1, 50)), (), "20", needed=True
    ),
    Question(FormField("n", "mood", FieldKind.CHOICE, "Mood"), (Option("calm", "Calm"),), "calm"),
    Question(FormField("n", "tiled", FieldKind.YES_NO, "Tiled"), YES_NO, "no"),
    Question(FormField("n", "image", FieldKind.IMAGE, "Start from"), needed=True),
    Question(FormField("n", "color", FieldKind.COLOR, "Color"), (), "#ff8800"),
]
BUSY = QueueStatus("invokeai", 5, 1, 0, 3, 0, 0, paused=False, processing=True)
ASKED_FOR = Imagined(
    Submitted(Submission(1, "invokeai", "b1", Asker(7), NOW, 2, 2), (901, 902)),
    Template("{}", 812, "Fox *style*"),
    (7, 8),
    Outlook(paused=False, place=3, done_at=NOW + 4 * MINUTE),
)
LATER = Imagined(
    Submitted(Submission(1, "invokeai", "b1", Asker(7), NOW, 3)),
    Template("{}", 812),
    (7, 8, 9),
    Outlook(paused=True),
)
UNNUMBERED = Imagined(
    Submitted(Submission(1, "invokeai", "b1", Asker(7), NOW, 3, 2)),
    Template("{}", 812),
    (7, 8, 9),
    ASKED_FOR.outlook,
)
STYLE = StyleView(
    SavedStyle(StyleName(7, "Fox *style*", "invokeai", 812, 5, NOW), "{}", PNG),
    StyleCheck(
        prompt="red fox in snow",
        negative=None,
        seed=True,
        size=(1024, 768),
        steps=30,
        pictures=1,
        image="a.png",
        images=("a.png",),
        models=("Juggernaut XL v9",),
        unknown=(StylePart.NEGATIVE,),
    ),
    "This InvokeAI no longer has the model “Juggernaut XL v9”.",
)


def item(name: str) -> Job:
    return Item.model_validate(captured(name)).to_job("invokeai")


def counts(name: str) -> QueueStatus:
    return Status.model_validate(captured(name)).to_status("invokeai")


def ended(job: Job, kind: EventKind, pending: int = 0) -> list[JobEvent]:
    if kind is EventKind.COMPLETED and job.images:
        return [JobEvent(kind, job, pending, image) for image in range(len(job.images))]
    return [JobEvent(kind, job, pending)]


def pictures(*jobs: Job) -> Mapping[str, Picture]:
    return {name: Picture(name, PNG, None) for job in jobs for name in job.images}


def happened() -> Mapping[str, Sequence[Event]]:
    done, many, failed = item("item_completed"), item("item_completed_iterate"), item("item_failed_raise")
    canceled = item("item_canceled")
    oom = replace(failed, failure=FAILURE)
    gone = item("item_failed_missing_image")
    return {
        "done": ended(done, EventKind.COMPLETED),
        "album": [*ended(done, EventKind.COMPLETED), *ended(many, EventKind.COMPLETED)],
        "failed": ended(failed, EventKind.FAILED, 36),
        "failed_out_of_memory": ended(oom, EventKind.FAILED, 36),
        "failed_image_gone": ended(gone, EventKind.FAILED),
        "failed_folded": [
            JobEvent(EventKind.FAILED, replace(oom, number=813 + n)) for n in range(14) if n != 1
        ],
        "batch_done": [
            JobEvent(
                EventKind.BATCH_DONE, done, left=Left(0, 0, BatchCounts(10, Tally(completed=8, failed=2)))
            )
        ],
        "canceled": ended(canceled, EventKind.CANCELED),
        "canceled_many": [JobEvent(EventKind.CANCELED, replace(canceled, number=820 + n)) for n in range(9)],
        "canceled_by_a_person": [replace(each, by=7) for each in ended(canceled, EventKind.CANCELED)],
        "interrupted": ended(replace(canceled, interrupted=True), EventKind.INTERRUPTED, 3),
        "new_database": [ServerEvent(EventKind.NEW_DATABASE, "invokeai", NOW)],
        "queue_empty": [
            ServerEvent(EventKind.QUEUE_EMPTY, "invokeai", NOW, since=NOW - 38 * MINUTE, tally=Tally(42, 1))
        ],
        "away": [ServerEvent(EventKind.AWAY, "invokeai", NOW, jobs=3)],
        "back": [ServerEvent(EventKind.BACK, "invokeai", NOW, since=NOW - 12 * MINUTE)],
        "resumed": [ServerEvent(EventKind.RESUMED, "invokeai", NOW)],
        "paused_again": [ServerEvent(EventKind.PAUSED_AGAIN, "invokeai", NOW)],
        "stalled": [ServerEvent(EventKind.STALLED, "invokeai", NOW, jobs=36)],
        "works_again": [ServerEvent(EventKind.WORKS_AGAIN, "invokeai", NOW, since=NOW - 24 * MINUTE)],
        "login_refused": [ServerEvent(EventKind.LOGIN_REFUSED, "invokeai", NOW)],
        "rights_lost": [ServerEvent(EventKind.RIGHTS_LOST, "invokeai", NOW)],
        "account_back": [ServerEvent(EventKind.ACCOUNT_BACK, "invokeai", NOW, since=NOW - 24 * MINUTE)],
        "for_one_person": [YOURS],
        "for_one_person_batch": [
            replace(YOURS, counts=BatchCounts(10, Tally(8, 2)), prompt=None, direct=False)
        ],
        "for_one_person_queue": [PersonalEvent(EventKind.PERSONAL, "invokeai", NOW, 9, 7, 42)],
        "failing": [ServerEvent(EventKind.FAILING, "invokeai", NOW, about="OutOfMemoryError", jobs=3)],
    }


NOTICES = (
    "done",
    "album",
    "failed",
    "failed_out_of_memory",
    "failed_image_gone",
    "failed_folded",
    "batch_done",
    "canceled",
    "canceled_many",
    "canceled_by_a_person",
    "interrupted",
    "new_database",
    "queue_empty",
    "away",
    "back",
    "resumed",
    "paused_again",
    "stalled",
    "works_again",
    "login_refused",
    "rights_lost",
    "account_back",
    "for_one_person",
    "for_one_person_batch",
    "for_one_person_queue",
    "failing",
)


@pytest.mark.parametrize("name", NOTICES)
async def test_a_notice_looks_as_it_did(name: str, snapshot: SnapshotAssertion) -> None:
    events = happened()[name]
    jobs = [event.job for event in events if isinstance(event, JobEvent)]
    around = NoticeContext(page="https://box.example")
    assert await notice_payload(notices.notice(events, pictures(*jobs), around=around)) == snapshot


GROWING = {"first": 1, "third": 3, "tenth": 10, "last": 4}
"""How many pictures the message has."""


@pytest.mark.parametrize("name", GROWING)
async def test_an_album_that_grows_looks_as_it_did(name: str, snapshot: SnapshotAssertion) -> None:
    count, total = GROWING[name], 4 if name == "last" else 25
    done = item("item_completed")
    jobs = [replace(done, number=803 + n, images=(f"{n}.png",)) for n in range(count)]
    counts = [BatchCounts(total, Tally(completed=n + 1)) for n in range(count)]
    events = [
        JobEvent(EventKind.COMPLETED, job, image=0, left=Left(counts=told))
        for job, told in zip(jobs, counts, strict=True)
    ]
    had = AlbumContents({f"{job.number}-image.png": job.number for job in jobs[:-1]})
    stage = Stage(ran=timedelta(seconds=150))
    notice = album(events, pictures(jobs[-1]), had, around=NoticeContext(), stage=stage)
    assert [file.name.partition("-")[0] for file in notice.files] == [str(jobs[-1].number)]
    assert await notice_payload(notice) == snapshot


def test_every_kind_of_event_has_its_snapshot() -> None:
    assert {event.kind for events in happened().values() for event in events} == set(EventKind)
    assert set(happened()) == set(NOTICES)


def shown() -> Mapping[str, Panel]:
    done, failed, running = item("item_completed"), item("item_failed_raise"), item("item_in_progress")
    pending, canceled = item("item_pending"), item("item_canceled")
    busy, paused = counts("queue_status_busy"), counts("queue_status_paused")
    progress = Progress("invokeai", running.number, "Denoising 16/30", 0.53)
    oom = replace(failed, failure=FAILURE)
    idle = QueueStatus("studio", 0, 0, 0, 3, 1, 0, paused=False, processing=True)
    several = {
        "studio": QueueView(
            busy, (RunningJob(running, progress, 2 * MINUTE, PNG),), empty_at=NOW + 9 * MINUTE
        ),
        "attic": QueueView(paused, held=HeldPause("attic", 7, NOW, until=NOW + 5 * MINUTE, reason="games")),
        "loft": QueueView(busy, (RunningJob(replace(running, number=12), None),)),
        "barn": None,
        "cellar": QueueView(idle),
        "shed": QueueView(replace(idle, paused=True)),
    }
    return {
        "queue_of_several": queue_panel.queue(QueueView(busy), server_name="studio"),
        "queue_busy": queue_panel.queue(
            QueueView(
                busy,
                (RunningJob(running, progress, MINUTE, place=BatchPlace(2, 10)),),
                (WaitingBatch(pending, 2),),
                NOW + 9 * MINUTE,
                RecentFailures(2, NOW - 20 * MINUTE),
                Undelivered(late=2),
            ),
            capability=Capability.ADMIN,
        ),
        "queue_paused": queue_panel.queue(QueueView(paused)),
        "jobs": job_list.jobs(
            JobList((RunningJob(running, progress),), (WaitingRun(17, 53, 37, 9), done, oom), 3),
            JobsPage("invokeai"),
            NOW,
            {done.number: PNG},
        ),
        "jobs_found": job_list.jobs(
            JobList((), (done,), 713, 100),
            JobsPage("invokeai", JobStatus.COMPLETED, None, board_key("b1"), "fox"),
            NOW,
            board="Landscapes",
        ),
        "jobs_mine": job_list.jobs(
            JobList((), (done, oom), 713, 200, unsent=3), JobsPage("invokeai", mine=True), NOW, creates=True
        ),
        "job_done": job_panel.job(done, list(pictures(done).values()), NOW),
        "job_failed": job_panel.job(failed, [], NOW),
        "job_out_of_memory": job_panel.job(oom, [], NOW),
        "job_more": job_panel.more(done),
        "job_more_out_of_memory": job_panel.more(replace(oom, recipe=Recipe(width=1024, height=1024))),
        "job_running": job_panel.job(running, [], NOW),
        "question_cancel": questions.cancel(
            actions.CANCEL_ALL, questions.Cancelable("invokeai", 1, 11), ASKED
        ),
        "question_cancel_batch": questions.cancel(
            actions.CANCEL_BATCH, questions.Cancelable("invokeai", 1, 11, running, (), (running, done)), ASKED
        ),
        "question_prune": questions.prune(busy, ASKED),
        "answer_canceled": answers.canceled_job(running, canceled),
        "answer_paused": answers.paused(busy, paused, [running]),
        "answer_retried": answers.retried(failed, pending),
        "job_waiting": job_panel.job(pending, [], NOW),
        "answer_next": answers.next_one(pending.number, 901),
        "answer_freed_and_retried": answers.retried(failed, pending, freed=True),
        "answer_smaller": answers.smaller(
            failed.number, Smaller(queued(901), (1024, 1024), (880, 880)), busy
        ),
        "refused": panels.refused("There is no job #999."),
        "form_handed_back": forms.handed_back("A seed is a whole number.", TYPED, 7),
        "imagined": creation.imagined("a lake, *misty*", ASKED_FOR),
        "imagined_on_one_of_several": creation.imagined("a lake", ASKED_FOR, server_name="studio"),
        "style_of_several": creation.style(
            STYLE, Disclosure(), {"studio": None, "attic": None, "loft": "The model Juggernaut is gone."}
        ),
        "styles_of_several": creation.styles(
            StyleList([STYLE.style.about]),
            several=True,
            able={STYLE.style.about.name: {"studio": None, "loft": "gone", "attic": None}},
        ),
        "imagined_in_turn": creation.imagined(None, LATER),
        "imagined_unnumbered": creation.imagined(None, UNNUMBERED),
        "workflow_queued": creation.ran(Ran(ASKED_FOR.submitted, "Foxes *in* snow", ASKED_FOR.outlook)),
        "workflow_next": workflow_forms.next_form("Foxes *in* snow", WORKFLOW, 7, 1),
        "workflow_question": workflow_forms.question("Foxes", 7),
        "workflow_handed_back": workflow_forms.handed_back(
            "“Steps” takes a whole number from 1 to 50, not “many”.",
            WORKFLOW[:5],
            {"n::steps": "many", "n::mood": "calm", "n::image": "a.png"},
            WorkflowOpen(7, 0),
        ),
        "stats": stats.panel(BUSY_DAY, PNG, people=True),
        "stats_of_nothing": stats.panel(statistics([], Period.WEEK, NOW, UTC), None, people=False),
        "quota": creation.usage(Usage(3, [(NOW, 3)]), Quota(4, daily=10), counted=True),
        "quotas": creation.everybody(
            [
                PersonUsage(7, Usage(3, [(NOW, 12)]), counted=True),
                PersonUsage(8, Usage(0, [(NOW, 1)]), counted=False),
            ],
            Quota(4, daily=20),
        ),
        "quotas_of_nobody": creation.everybody([], Quota(4)),
        "style_saved": creation.saved(STYLE, Disclosure(), default_here=True),
        "style_hidden": creation.style(STYLE, Disclosure(hide_prompts=True, spoiler=True)),
        "styles": creation.styles(StyleList([STYLE.style.about], "Fox *style*", "Fox *style*")),
        "style_deleted": creation.deleted(DeletedStyle(STYLE.style.about, everywhere=True, channels=2)),
        "style_default": creation.default(STYLE.style.about, here=True),
        "card": card(
            busy,
            (RunningJob(running, progress, 2 * MINUTE, PNG),),
            empty_at=NOW + 9 * MINUTE,
            held=HeldPause("invokeai", 7, NOW, until=NOW + 5 * MINUTE, reason="games"),
        ),
        "card_away": unreachable(),
        "card_of_several": all_queues_panel.card(several),
        "all_queues": all_queues_panel.panel(several),
        "all_queues_idle": all_queues_panel.panel({"studio": QueueView(idle), "attic": QueueView(idle)}),
        "linked": linking.linked(LINK),
        "links": linking.links([LINK, replace(LINK, name="Ben *bold*", user_id=10)]),
        "links_none": linking.links([]),
        "unlinked": linking.unlinked(LINK),
        "tell_when": telling.choice("invokeai", [RunningJob(running, progress, place=BatchPlace(2, 10))]),
        "tell_when_idle": telling.choice("invokeai", []),
        "tell_me": telling.answer("#812 ends", Mine.MENTION, waiting=True),
        "tell_me_directly": telling.answer("the queue is empty", Mine.DIRECT, waiting=True),
        "tell_me_not": telling.answer("the batch of #812 ends", Mine.MENTION, waiting=False),
        "channel": channel_panel.settings(CHANNEL),
        "channel_tested": channel_panel.settings(CHANNEL, channel_panel.tested([True, False])),
        "channel_as_first": channel_panel.settings(FIRST),
        "channels": channel_panel.several([CHANNEL, SUSPENDED], 1, 2),
        "channel_change": channel_menus.change(CHANNEL),
        "channel_stop": channel_panel.stop(CHANNEL),
        "channel_stopped": channel_panel.stopped(42, 3),
        "channel_snooze": channel_panel.snooze(FIRST),
        "question_clear": questions.clear(busy, [running], ASKED),
        "question_delete_images": questions.delete_images(done, ASKED),
        "question_board": questions.which_board(done, [Board("b1", "Foxes")]),
        "which_server": which_server.question(
            [
                Candidate("studio", "#812 · done · red fox in snow"),
                Candidate("attic", "does not answer"),
                Candidate("garage"),
            ],
            41,
        ),
        "question_clear_of_one_of_several": which_server.named(
            questions.clear(busy, [running], ASKED), "studio"
        ),
        "answer_canceled_many": answers.canceled_many(12, paused),
        "answer_cleared": answers.cleared(12, paused),
        "answer_pruned": answers.pruned(12, paused),
        "answer_kept": answers.kept(),
        "answer_retried_batch": answers.retried_batch(failed, 3, 3, [901, 902, 903], busy),
        "answer_again": answers.again(done.number, Again(queued(901, 902), (5, 6)), busy),
        "answer_starred": answers.starred(done, 1, starred=True),
        "answer_deleted": answers.deleted_images(done, 1),
        "answer_deleted_everywhere": answers.deleted_everywhere(
            done, 1, 2, [(42, "Its thread is archived.")]
        ),
        "deleted": deletions.panel(Deletion("invokeai", 812, 7, from_posts=True)),
        "answer_moved": answers.moved(done, 1, Board("b1", "Foxes")),
        "answer_original": answers.originals(done, [File("1-fox.png", PNG)], []),
        "answer_resumed": answers.resumed(paused, busy),
        "answer_freed": answers.freed(paused),
    }


PANELS = (
    "queue_busy",
    "queue_paused",
    "jobs",
    "jobs_found",
    "jobs_mine",
    "job_done",
    "job_failed",
    "job_out_of_memory",
    "job_more",
    "job_more_out_of_memory",
    "job_running",
    "question_cancel",
    "question_cancel_batch",
    "question_prune",
    "answer_canceled",
    "answer_paused",
    "answer_retried",
    "job_waiting",
    "answer_next",
    "answer_freed_and_retried",
    "answer_smaller",
    "refused",
    "form_handed_back",
    "imagined",
    "imagined_on_one_of_several",
    "style_of_several",
    "styles_of_several",
    "imagined_in_turn",
    "imagined_unnumbered",
    "workflow_queued",
    "workflow_next",
    "workflow_question",
    "workflow_handed_back",
    "stats",
    "stats_of_nothing",
    "quota",
    "quotas",
    "quotas_of_nobody",
    "style_saved",
    "style_hidden",
    "styles",
    "style_deleted",
    "style_default",
    "card",
    "card_away",
    "card_of_several",
    "queue_of_several",
    "all_queues",
    "all_queues_idle",
    "linked",
    "links",
    "links_none",
    "unlinked",
    "tell_when",
    "tell_when_idle",
    "tell_me",
    "tell_me_directly",
    "tell_me_not",
    "channel",
    "channel_tested",
    "channel_as_first",
    "channels",
    "channel_change",
    "channel_stop",
    "channel_stopped",
    "channel_snooze",
    "question_clear",
    "question_delete_images",
    "question_board",
    "answer_canceled_many",
    "answer_cleared",
    "answer_pruned",
    "answer_kept",
    "answer_retried_batch",
    "answer_again",
    "answer_starred",
    "answer_deleted",
    "answer_deleted_everywhere",
    "deleted",
    "answer_moved",
    "answer_original",
    "answer_resumed",
    "answer_freed",
    "which_server",
    "question_clear_of_one_of_several",
)


@pytest.mark.parametrize("name", PANELS)
async def test_a_panel_looks_as_it_did(name: str, snapshot: SnapshotAssertion) -> None:
    assert await panel_payload(shown()[name]) == snapshot


FORMS = {
    "form_tweak": questions.tweak(812, "invokeai", "a fox"),
    "form_save_as_style": creation_forms.save_as(812, "invokeai"),
    "form_use_as_input": creation_forms.use_as_input(
        7, creation_forms.labels(["fox.png", "hen.webp"]), ["Wide", "Tall"]
    ),
    "form_quiet_hours": channel_menus.quiet_hours(CHANNEL.subscription, BERLIN),
    "form_quiet_hours_first": channel_menus.quiet_hours(FIRST.subscription, BERLIN),
    "form_more": channel_menus.more(CHANNEL.subscription),
    "form_workflow": workflow_forms.form("Foxes", WORKFLOW, 7, 0, {"n::steps": "30"}),
    "form_workflow_second": workflow_forms.form("Foxes", WORKFLOW, 7, 1, {}),
}


@pytest.mark.parametrize("name", FORMS)
async def test_a_form_looks_as_it_did(name: str, snapshot: SnapshotAssertion) -> None:
    assert modal_of(FORMS[name]).to_dict() == snapshot


def test_every_panel_here_has_its_snapshot() -> None:
    assert set(shown()) == set(PANELS)
