"""The queue's panel."""

from dataclasses import replace
from datetime import timedelta

import pytest
from render_examples import MORNING, job

from bot.domain.access import Capability
from bot.domain.jobs import BatchPlace, JobStatus, Progress
from bot.domain.queue import QueueStatus, QueueView, RecentFailures, RunningJob, Undelivered, WaitingBatch
from bot.render import queue_panel
from bot.render.message import ActionRow, Button, Colour, Menu, Panel, Text
from bot.render.queue_panel import percent

QUEUE = QueueStatus("default", 36, 1, 0, 1200, 2, 5, paused=False, processing=True)
IDLE = replace(QUEUE, pending=0, in_progress=0, processing=False)
RUNNING = job(812, JobStatus.IN_PROGRESS, images=0, ended=False)


def words(panel: Panel) -> list[str]:
    return [block.body for block in panel.blocks if isinstance(block, Text)]


def picks(view: QueueView, capability: Capability) -> list[str]:
    """What the menu offers."""
    panel = queue_panel.queue(view, capability=capability)
    return [option.value for block in panel.blocks if isinstance(block, Menu) for option in block.options]


def test_the_queue_says_what_runs_what_is_next_and_when_it_should_be_empty() -> None:
    progress = Progress("default", 812, "Denoising 16/30", 0.53)
    running = RunningJob(RUNNING, progress, timedelta(seconds=20), place=BatchPlace(2, 10))
    waiting = [job(813, JobStatus.PENDING, prompt="blue fox"), job(817, JobStatus.PENDING, prompt="hare")]
    batches = (WaitingBatch(waiting[0], 4), WaitingBatch(waiting[1], 1))
    empty_at = MORNING + timedelta(minutes=9)
    failures = RecentFailures(2, MORNING)
    panel = queue_panel.queue(QueueView(QUEUE, (running,), batches, empty_at, failures))
    assert panel.colour is Colour.RUNNING
    assert panel.blocks == (
        Text("### Running · 36 waiting · empty about <t:1795507740:t>"),
        Text("▶️ **#812** · 3 of 10 · “red fox in snow”\n53 % · Denoising 16/30 · done <t:1795507223:R>"),
        Text("**Next** “blue fox” ×4 · “hare” · +31"),
        Text("⚠️ 2 failed since <t:1795507200:t>"),
        Text("-# In the queue: 1,200 done · 2 failed · 5 canceled"),
        ActionRow(
            (
                Button("Pause", "queue:pause:default", emoji="⏸️"),
                Button("Refresh", "queue:refresh:default"),
                Button("Failed", "jobs:page:default:failed:0"),
            )
        ),
    )


@pytest.mark.parametrize(
    ("status", "heading", "colour"),
    [
        (IDLE, "### Idle · nothing waiting", Colour.CANCELED),
        (replace(IDLE, paused=True, pending=2), "### ⏸️ Paused · 2 waiting", Colour.WARNING),
        (replace(IDLE, pending=1), "### About to start · 1 waiting", Colour.RUNNING),
        (replace(QUEUE, paused=True), "### ⏸️ Paused after the running job · 36 waiting", Colour.WARNING),
        (QUEUE, "### Running · 36 waiting", Colour.RUNNING),
    ],
)
def test_the_queues_heading_tells_the_processors_state(
    status: QueueStatus, heading: str, colour: Colour
) -> None:
    panel = queue_panel.queue(QueueView(status))
    assert (words(panel)[0], panel.colour) == (heading, colour)


def test_a_quiet_queue_leaves_out_what_there_is_nothing_to_say_about() -> None:
    quiet = replace(IDLE, completed=0, failed=0, canceled=0)
    assert words(queue_panel.queue(QueueView(quiet), server_name="studio-2")) == [
        "### studio-2 · Idle · nothing waiting"
    ]


def test_progress_of_another_job_is_not_shown() -> None:
    running = RunningJob(RUNNING, Progress("default", 811, "Decoding", 0.9))
    assert "Decoding" not in words(queue_panel.queue(QueueView(QUEUE, running=(running,))))[1]


def test_several_running_jobs_each_say_on_which_device() -> None:
    running = tuple(
        RunningJob(replace(RUNNING, number=812 + place, device=f"cuda:{place}")) for place in range(6)
    )
    said = words(queue_panel.queue(QueueView(replace(QUEUE, in_progress=6), running=running)))
    assert said[0] == "### 6 running · 36 waiting"
    assert [line.splitlines()[-1] for line in said[1:5]] == [
        f"started <t:1795507203:R> · cuda:{place}" for place in range(4)
    ]
    assert said[5] == "and 2 more running jobs"


def test_a_paused_queue_offers_to_resume() -> None:
    panel = queue_panel.queue(QueueView(replace(IDLE, paused=True)))
    [row] = [block for block in panel.blocks if isinstance(block, ActionRow)]
    assert [button.action for button in row.buttons] == ["queue:resume:default", "queue:refresh:default"]


def test_what_the_account_does_not_see_and_a_doubtful_queue_are_said() -> None:
    said = words(queue_panel.queue(QueueView(IDLE, sees_all=False, doubtful_queue=True)))
    assert "-# This account sees only its own jobs." in said
    assert "⚠️ No job was found in this queue. Is INVOKEAI\\_QUEUE\\_ID spelt right?" in said


def test_what_reaches_nobody_is_told_to_admins_alone() -> None:
    view = QueueView(QUEUE, undelivered=Undelivered(late=3, dead_letters=2, suspended=1))
    told = words(queue_panel.queue(view, capability=Capability.ADMIN))
    assert told[1:4] == [
        "⚠️ 3 notices not delivered yet: see the bot's log",
        "⚠️ 1 channel suspended: see /notify show",
        "⚠️ 2 notices could not be delivered: see `invokeai-discord outbox list`",
    ]
    assert len(words(queue_panel.queue(view, capability=Capability.OPERATE))) == 2


def test_the_menu_offers_what_the_person_may_do_and_nothing_else() -> None:
    view = QueueView(QUEUE)
    operator = ["cancel", "cancel-batch", "cancel-waiting", "cancel-all"]
    assert picks(view, Capability.VIEW) == []
    assert picks(view, Capability.OPERATE) == operator
    assert picks(view, Capability.ADMIN) == [*operator, "prune", "clear", "free-vram"]


def test_the_menu_offers_nothing_that_there_is_nothing_to_do_it_to() -> None:
    quiet = replace(IDLE, completed=0, failed=0, canceled=0)
    assert picks(QueueView(quiet), Capability.ADMIN) == ["free-vram"]
    assert picks(QueueView(quiet), Capability.OPERATE) == []
    assert picks(QueueView(replace(quiet, in_progress=2)), Capability.OPERATE) == ["cancel-all"]


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.999, "99 %"),
        (-3.0, "0 %"),
        (float("inf"), "100 %"),
        (float("nan"), ""),
        (None, ""),
    ],
)
def test_the_percent_holds_whatever_share_is_told(share: float | None, shown: str) -> None:
    assert percent(share) == shown
