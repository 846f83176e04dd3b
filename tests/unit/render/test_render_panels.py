from dataclasses import replace
from datetime import timedelta

import pytest
from render_examples import FAILURE, MORNING, PNG, job

from bot.domain.jobs import JobStatus, Output, OutputKind
from bot.domain.queue import QueueStatus
from bot.render import buttons, job_panel, panels
from bot.render.message import (
    Attachment,
    Colour,
    MediaGallery,
    MediaItem,
    Panel,
    Separator,
    Text,
)
from bot.render.notices import Picture

NOW = MORNING + timedelta(seconds=16)
QUEUE = QueueStatus("default", 36, 1, 0, 1200, 2, 5, paused=False, processing=True)
IDLE = replace(QUEUE, pending=0, in_progress=0, processing=False)
RUNNING = job(812, JobStatus.IN_PROGRESS, images=0, ended=False)


def words(panel: Panel) -> list[str]:
    return [block.body for block in panel.blocks if isinstance(block, Text)]


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
            "-# by System\n"
            "-# retry of #801 · part of #800\n"
            "-# Origin: canvas · Destination: gallery\n"
            "-# Session: 64ca1aca\n"
            "-# Batch: 4576a17f"
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


def test_a_sentence_is_a_panel_and_its_foreign_words_do_nothing() -> None:
    assert panels.one_sentence("Paused. Nothing new starts.") == Panel(
        Colour.RUNNING, (Text("Paused. Nothing new starts."),)
    )
    assert panels.refused("InvokeAI said: @everyone *no*") == Panel(
        Colour.WARNING, (Text("InvokeAI said: @\u200beveryone \\*no\\*"),)
    )
