from dataclasses import replace
from datetime import timedelta

import pytest
from render_examples import FAILURE, MORNING, PNG, job

from bot.domain.jobs import JobPage, JobStatus, Output, OutputKind, Progress
from bot.domain.queue import QueueStatus, QueueView, RunningJob, ServerInfo
from bot.render import buttons, job_panel, panels, queue_panel
from bot.render.custom_ids import JobsPage
from bot.render.message import (
    ActionRow,
    Attachment,
    Button,
    Colour,
    MediaGallery,
    MediaItem,
    Menu,
    MenuOption,
    Panel,
    Separator,
    Text,
)
from bot.render.notices import Picture
from bot.render.queue_panel import bar

NOW = MORNING + timedelta(seconds=16)
QUEUE = QueueStatus("default", 36, 1, 0, 1200, 2, 5, paused=False, processing=True)
IDLE = replace(QUEUE, pending=0, in_progress=0, processing=False)
RUNNING = job(812, JobStatus.IN_PROGRESS, images=0, ended=False)


def words(panel: Panel) -> list[str]:
    return [block.body for block in panel.blocks if isinstance(block, Text)]


def test_the_queue_shows_what_runs_what_is_next_and_the_counts() -> None:
    progress = Progress("default", 812, "Denoising 16/30", 0.53)
    upcoming = job(813, JobStatus.PENDING, started=False, ended=False, prompt="blue fox")
    info = ServerInfo("default", "http://127.0.0.1:9090", "6.14.2")
    view = QueueView(QUEUE, info, (RunningJob(RUNNING, progress),), upcoming, pending_notices=3)
    panel = queue_panel.queue(view)
    assert panel.colour is Colour.RUNNING
    assert panel.blocks == (
        Text("### Running · 36 jobs waiting"),
        Text(
            "▶️ **#812** · “red fox in snow”\n"
            "▰▰▰▰▰▱▱▱▱▱ 53 % · Denoising 16/30\n"
            "started <t:1795507203:R> · Juggernaut XL v9"
        ),
        Text("**Next** #813 · “blue fox” · queued <t:1795507200:R>"),
        Separator(),
        Text("✅ 1,200 done · ❌ 2 failed · 🚫 5 canceled"),
        Text("📮 3 notices not delivered yet"),
        Text("-# InvokeAI 6.14.2"),
        ActionRow(
            (
                Button("Pause", "queue:pause:default", emoji="⏸️"),
                Button("Refresh", "queue:refresh:default", emoji="🔄"),
            )
        ),
    )


@pytest.mark.parametrize(
    ("status", "heading", "colour"),
    [
        (IDLE, "### Idle · nothing waiting", Colour.CANCELED),
        (replace(IDLE, paused=True, pending=2), "### ⏸️ Paused · 2 jobs waiting", Colour.WARNING),
        (replace(IDLE, pending=1), "### About to start · 1 job waiting", Colour.RUNNING),
        (
            replace(QUEUE, paused=True),
            "### ⏸️ Paused after the running job · 36 jobs waiting",
            Colour.WARNING,
        ),
        (QUEUE, "### Running · 36 jobs waiting", Colour.RUNNING),
    ],
)
def test_the_queues_heading_tells_the_processors_state(
    status: QueueStatus, heading: str, colour: Colour
) -> None:
    panel = queue_panel.queue(QueueView(status))
    assert (words(panel)[0], panel.colour) == (heading, colour)


def test_a_quiet_queue_leaves_out_what_there_is_nothing_to_say_about() -> None:
    panel = queue_panel.queue(QueueView(IDLE), server_name="studio-2")
    assert words(panel) == [
        "### Idle · nothing waiting · studio-2",
        "✅ 1,200 done · ❌ 2 failed · 🚫 5 canceled",
    ]


def test_progress_of_another_job_is_not_shown() -> None:
    running = RunningJob(RUNNING, Progress("default", 811, "Decoding", 0.9))
    assert "Decoding" not in words(queue_panel.queue(QueueView(QUEUE, running=(running,))))[1]


def test_several_running_jobs_each_say_on_which_device() -> None:
    running = tuple(
        RunningJob(replace(RUNNING, number=812 + place, device=f"cuda:{place}")) for place in range(6)
    )
    said = words(queue_panel.queue(QueueView(replace(QUEUE, in_progress=6), running=running)))
    assert said[0] == "### 6 running · 36 jobs waiting"
    assert [line.splitlines()[-1] for line in said[1:5]] == [
        f"started <t:1795507203:R> · Juggernaut XL v9 · cuda:{place}" for place in range(4)
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


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "▱▱▱▱▱▱▱▱▱▱ 0 %"),
        (1.0, "▰▰▰▰▰▰▰▰▰▰ 100 %"),
        (0.999, "▰▰▰▰▰▰▰▰▰▱ 99 %"),
        (-3.0, "▱▱▱▱▱▱▱▱▱▱ 0 %"),
        (float("inf"), "▰▰▰▰▰▰▰▰▰▰ 100 %"),
        (float("nan"), ""),
        (None, ""),
    ],
)
def test_the_bar_holds_whatever_share_is_told(share: float | None, shown: str) -> None:
    assert bar(share) == shown


def test_jobs_are_one_short_line_each() -> None:
    listed = [
        job(816, JobStatus.PENDING, started=False, ended=False),
        job(815, JobStatus.WAITING, ended=False),
        job(814, JobStatus.IN_PROGRESS, ended=False),
        job(813, JobStatus.FAILED),
        job(812),
        job(811, JobStatus.CANCELED, started=False),
    ]
    page = JobPage(tuple(replace(each, recipe=None, images=()) for each in listed), before=811)
    assert words(panels.jobs(page, JobsPage("default"), NOW)) == [
        "### Jobs",
        (
            "⏳ **#816** · waiting · <t:1795507200:R>\n"
            "🔗 **#815** · waiting for another job · <t:1795507203:R>\n"
            "▶️ **#814** · running · 12.9 s · <t:1795507203:R>\n"
            "❌ **#813** · failed · 8.6 s · <t:1795507211:R>\n"
            "✅ **#812** · 8.6 s · <t:1795507211:R>\n"
            "🚫 **#811** · canceled · <t:1795507211:R>"
        ),
    ]


def below(panel: Panel) -> tuple[list[Menu], list[ActionRow]]:
    """The menus and the rows of buttons."""
    return (
        [block for block in panel.blocks if isinstance(block, Menu)],
        [block for block in panel.blocks if isinstance(block, ActionRow)],
    )


def test_a_job_of_the_list_can_be_picked_by_thumb() -> None:
    listed = (replace(job(813, JobStatus.FAILED), recipe=None), replace(job(812), recipe=None))
    [menu], rows = below(panels.jobs(JobPage(listed, None), JobsPage("default"), NOW))
    assert menu == Menu(
        "jobs:pick:default",
        "Show a job…",
        (MenuOption("❌ #813 · failed · 8.6 s", "813"), MenuOption("✅ #812 · done · 8.6 s", "812")),
    )
    assert rows == []


@pytest.mark.parametrize(
    ("before", "more", "newest", "older"),
    [
        (None, 812, ("jobs:page:default:failed:0", True), ("jobs:page:default:failed:812", False)),
        (900, 812, ("jobs:page:default:failed:0", False), ("jobs:page:default:failed:812", False)),
        (900, None, ("jobs:page:default:failed:0", False), ("jobs:page:default:failed:812", True)),
    ],
)
def test_the_list_leads_to_older_jobs_and_back_to_the_newest(
    before: int | None, more: int | None, newest: tuple[str, bool], older: tuple[str, bool]
) -> None:
    page = JobPage((job(813, JobStatus.FAILED), job(812, JobStatus.FAILED)), more)
    panel = panels.jobs(page, JobsPage("default", JobStatus.FAILED, before), NOW)
    assert isinstance(panel.blocks[-1], ActionRow)
    _, [row] = below(panel)
    assert [one.label for one in row.buttons] == ["Newest", "Older"]
    assert [(one.action, one.disabled) for one in row.buttons] == [newest, older]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (None, "The queue holds no jobs."),
        (JobStatus.FAILED, "No job has failed."),
        (JobStatus.PENDING, "No job is waiting."),
        (JobStatus.CANCELED, "No job was canceled."),
    ],
)
def test_an_empty_list_says_so(status: JobStatus | None, sentence: str) -> None:
    panel = panels.jobs(JobPage((), None), JobsPage("default", status), NOW)
    assert words(panel)[1:] == [sentence]
    assert below(panel) == ([], [])


def test_an_empty_page_before_older_ones_does_not_claim_that_there_are_none() -> None:
    panel = panels.jobs(JobPage((), before=400), JobsPage("default", JobStatus.FAILED), NOW)
    assert words(panel) == ["### ❌ Failed", "None on this page. There may be older ones."]
    [older] = [one for row in below(panel)[1] for one in row.buttons if not one.disabled]
    assert older.action == "jobs:page:default:failed:400"


@pytest.mark.parametrize("status", [None, JobStatus.FAILED])
def test_the_end_of_the_list_does_not_claim_that_the_queue_is_empty(status: JobStatus | None) -> None:
    panel = panels.jobs(JobPage((), None), JobsPage("default", status, 5), NOW)
    assert words(panel)[1:] == ["There are no older ones."]
    [newest] = [one for row in below(panel)[1] for one in row.buttons if not one.disabled]
    assert newest.label == "Newest"


def test_a_finished_job_is_shown_whole() -> None:
    done = replace(job(812, images=2), retried_from=801, parent=800)
    given = [Picture(name, PNG, None) for name in done.images]
    panel = job_panel.job(done, given, NOW)
    assert panel.blocks == (
        Text("### ✅ #812 done in 8.6 s"),
        MediaGallery(
            (
                MediaItem("812-1-red-fox-in-snow.png", "red fox in snow"),
                MediaItem("812-2-red-fox-in-snow.png", "red fox in snow"),
            )
        ),
        Text(
            "red fox in snow\n**Negative:** blurry\n**Juggernaut XL v9** · 1024 × 768\n"
            "30 steps · CFG 7.5 · euler · seed `1234`"
        ),
        Separator(),
        Text(
            "-# queued <t:1795507200:R> · waited 3.1 s · ran 8.6 s\n"
            "-# from canvas · to gallery\n"
            "-# by System · on cuda:0\n"
            "-# retry of #801 · part of #800\n"
            "-# batch 4576a17f"
        ),
        *buttons.rows(done, done.server, details=False),
    )
    assert [file.name for file in panel.files] == ["812-1-red-fox-in-snow.png", "812-2-red-fox-in-snow.png"]


def test_a_job_of_many_images_shows_ten_and_counts_the_rest() -> None:
    done = job(812, images=14)
    given = [Picture(name, PNG, None) for name in done.images]
    panel = job_panel.job(done, given, NOW)
    assert len(panel.files) == 10
    assert words(panel)[1] == "4 more images in InvokeAI"


def test_a_job_says_which_image_is_missing_and_why() -> None:
    done = job(812, images=2)
    given = [Picture("812-0.png", PNG, None), Picture("812-1.png", None, "the image is gone from InvokeAI")]
    panel = job_panel.job(done, given, NOW)
    assert words(panel)[1] == "#812 image 2: the image is gone from InvokeAI"
    assert len(panel.files) == 1


def test_a_job_without_images_says_what_it_made_instead() -> None:
    outputs = (Output(OutputKind.VIDEO, "fox.mp4"), Output(OutputKind.TEXT, text="A fox.\nIt is red."))
    done = replace(job(812, images=0), outputs=outputs)
    assert words(job_panel.job(done, [], NOW))[1] == "1 video · “A fox. It is red.”"
    pictureless = replace(done, outputs=(Output(OutputKind.PICTURE),))
    assert words(job_panel.job(pictureless, [], NOW))[1] == "No image"
    assert words(job_panel.job(replace(done, outputs=()), [], NOW))[1].startswith("red fox in snow")


def test_a_failed_job_shows_why_and_brings_its_traceback() -> None:
    panel = job_panel.job(
        job(813, JobStatus.FAILED, images=0, failure=FAILURE), [], NOW, server_name="studio-2"
    )
    assert words(panel)[0] == "### ❌ #813 failed after 8.6 s · studio-2"
    told = words(panel)[2]
    assert told.startswith("**The graphics card ran out of memory (VRAM): 2.00 GiB more was needed.**\n")
    assert "**OutOfMemoryError**" in told
    assert told.endswith("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\n```")
    assert Attachment("813-traceback.txt") in panel.blocks
    assert [file.name for file in panel.files] == ["813-traceback.txt"]
    assert panel.colour is Colour.FAILED


@pytest.mark.parametrize(
    ("status", "started", "ended", "heading"),
    [
        (JobStatus.CANCELED, False, True, "### 🚫 #9 canceled before it started"),
        (JobStatus.CANCELED, True, True, "### 🚫 #9 canceled after 8.6 s"),
        (JobStatus.IN_PROGRESS, True, False, "### ▶️ #9 running for 12.9 s"),
        (JobStatus.PENDING, False, False, "### ⏳ #9 waiting"),
        (JobStatus.FAILED, False, True, "### ❌ #9 failed"),
    ],
)
def test_a_jobs_heading_tells_where_it_stands(
    status: JobStatus,
    started: bool,
    ended: bool,
    heading: str,
) -> None:
    assert words(job_panel.job(job(9, status, started=started, ended=ended), [], NOW))[0] == heading


def test_the_queue_tells_what_could_not_be_delivered_and_what_is_suspended() -> None:
    told = words(queue_panel.queue(QueueView(QUEUE, dead_letters=2, suspended=1)))
    assert "⚠️ 1 channel suspended: see /notify show" in told
    assert "⚠️ 2 notices could not be delivered: see `invokeai-discord outbox list`" in told


def test_a_sentence_is_a_panel_and_its_foreign_words_do_nothing() -> None:
    assert panels.one_sentence("Paused. Nothing new starts.") == Panel(
        Colour.RUNNING, (Text("Paused. Nothing new starts."),)
    )
    assert panels.refused("InvokeAI said: @everyone *no*") == Panel(
        Colour.WARNING, (Text("InvokeAI said: @\u200beveryone \\*no\\*"),)
    )
