"""The list of jobs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from render_examples import FAILURE, MORNING, PNG, job

from bot.domain.job_list import JobList, WaitingRun, board_key
from bot.domain.jobs import Job, JobStatus, Progress
from bot.domain.queue import RunningJob
from bot.render import job_list
from bot.render.job_list import suggestion
from bot.render.list_ids import JobsPage
from bot.render.message import ActionRow, Button, MediaItem, Menu, Panel, Section, Text
from bot.render.text import Spoiler

NOW = MORNING + timedelta(seconds=16)
AT = JobsPage("default")


def words(panel: Panel) -> list[str]:
    return [block.body for block in panel.blocks if isinstance(block, Text | Section)]


def menus(panel: Panel) -> dict[str, Menu]:
    return {block.hint: block for block in panel.blocks if isinstance(block, Menu)}


def turning(panel: Panel) -> list[Button]:
    return [one for block in panel.blocks if isinstance(block, ActionRow) for one in block.buttons]


def listed(*rows: Job | WaitingRun, before: int | None = None) -> JobList:
    return JobList((), rows, before)


def test_each_job_is_a_line_with_its_prompt_and_a_small_one_with_what_became_of_it() -> None:
    running = RunningJob(
        job(820, JobStatus.IN_PROGRESS, ended=False), Progress("default", 820, "Denoising", 0.6)
    )
    rows = (
        WaitingRun(817, 853, 37, 9),
        job(816, JobStatus.WAITING, started=False, ended=False, prompt="hare"),
        job(813, JobStatus.FAILED, failure=FAILURE),
        job(812),
        replace(job(811, JobStatus.CANCELED, started=False), recipe=None),
    )
    panel = job_list.jobs(JobList((running,), rows, None), AT, NOW)
    assert words(panel) == [
        "### Jobs",
        (
            "**#820** “red fox in snow”\n-# ▶️ running · 60 % · started <t:1795507203:R>\n"
            "**#817–#853**\n-# ⏳ 37 waiting in 9 batches\n"
            "**#816** “hare”\n-# 🔗 waiting for another job · <t:1795507200:R>\n"
            "**#813** “red fox in snow”\n"
            "-# ❌ failed · 8.6 s · The graphics card ran out of memory (VRAM) · <t:1795507211:R>\n"
            "**#812** “red fox in snow”\n-# ✅ done · 8.6 s · <t:1795507211:R>\n"
            "**#811**\n-# 🚫 canceled · <t:1795507211:R>"
        ),
    ]


def test_a_job_with_a_picture_has_it_beside_its_row() -> None:
    page = listed(job(813, JobStatus.FAILED), job(812), job(811))
    panel = job_list.jobs(page, AT, NOW, {812: PNG, 811: b"no picture"})
    [section] = [block for block in panel.blocks if isinstance(block, Section)]
    assert section.picture == MediaItem("812-small.png", "#812: red fox in snow")
    assert [(file.name, file.data) for file in panel.files] == [("812-small.png", PNG)]
    assert [text.partition(" ")[0] for text in words(panel)] == ["###", "**#813**", "**#812**", "**#811**"]


def test_a_job_is_opened_by_thumb_and_the_menu_says_what_it_is() -> None:
    running = RunningJob(job(820, JobStatus.IN_PROGRESS, ended=False))
    page = JobList((running,), (WaitingRun(814, 819, 6, 1), job(812)), None)
    menu = menus(job_list.jobs(page, AT, NOW))["Open a job…"]
    assert menu.action == "jobs:pick:default"
    assert [(one.label, one.value) for one in menu.options] == [
        ("#820 · running · red fox in snow", "820"),
        ("#812 · done · red fox in snow", "812"),
    ]


def test_a_spoiler_is_not_named_where_it_would_stand_in_clear() -> None:
    hidden = job(812)
    assert hidden.recipe
    hidden = replace(hidden, recipe=replace(hidden.recipe, prompt=Spoiler("red fox")))
    assert suggestion(hidden) == "#812 · done"
    panel = job_list.jobs(listed(hidden), AT, NOW, {812: PNG})
    assert panel.files[0].description == "#812"
    assert "||“red fox”||" in words(panel)[1]


def test_the_filter_shows_which_state_is_listed_and_keeps_what_is_searched() -> None:
    menu = menus(job_list.jobs(listed(job()), JobsPage("default", JobStatus.FAILED), NOW))["Filter…"]
    assert [one.label for one in menu.options if one.chosen] == ["Failed"]
    found = JobsPage("default", JobStatus.FAILED, None, board_key("b1"), "fox")
    menu = menus(job_list.jobs(JobList((), (), None, 100), found, NOW))["Filter…"]
    assert menu.action == f"jobs:filter:default:{board_key('b1')}:Zm94"
    assert [one.value for one in menu.options] == [
        *("any", "in_progress", "pending", "completed", "failed", "canceled", "search")
    ]


def test_one_s_own_are_offered_to_creators_and_said_in_the_head() -> None:
    creator, mine = menus(job_list.jobs(listed(job()), AT, NOW, creates=True)), replace(AT, mine=True)
    assert [(one.label, one.value) for one in creator["Filter…"].options[:2]] == [
        ("All jobs", "any"),
        ("My jobs", "mine"),
    ]
    panel = job_list.jobs(JobList((), (job(),), 712, 200), mine, NOW)
    assert words(panel)[0] == "### Your jobs"
    assert [one.label for one in menus(panel)["Filter…"].options if one.chosen] == ["My jobs"]
    assert menus(panel)["Filter…"].action == "jobs:mine:default:-:"
    assert [one.action for one in turning(panel)] == [
        "jobs:find:default:A:0:-:",
        "jobs:find:default:A:2c8:-:",
    ]
    failed = job_list.jobs(listed(job()), replace(mine, status=JobStatus.FAILED, words="fox"), NOW)
    assert words(failed)[0] == "### Your jobs · failed · “fox”"


def test_without_jobs_of_one_s_own_it_says_how_to_get_one_unless_some_are_still_to_be_queued() -> None:
    mine = replace(AT, mine=True)
    assert words(job_list.jobs(JobList((), (), None, 40), mine, NOW))[1:] == [
        "None of these jobs is yours. Ask for a picture with `/imagine`."
    ]
    turn = words(job_list.jobs(JobList((), (), None, 40, unsent=3), mine, NOW))
    assert turn[1:] == ["-# 3 more jobs of yours will be queued in turn."]


@pytest.mark.parametrize(
    ("before", "more", "newest", "older"),
    [
        (None, 812, ("jobs:page:default:failed:0", True), ("jobs:page:default:failed:812", False)),
        (900, 812, ("jobs:page:default:failed:0", False), ("jobs:page:default:failed:812", False)),
        (900, None, ("jobs:page:default:failed:0", False), ("jobs:page:default:failed:900", True)),
    ],
)
def test_the_list_leads_to_older_jobs_and_back_to_the_newest(
    before: int | None, more: int | None, newest: tuple[str, bool], older: tuple[str, bool]
) -> None:
    page = listed(job(813, JobStatus.FAILED), job(812, JobStatus.FAILED), before=more)
    buttons = turning(job_list.jobs(page, JobsPage("default", JobStatus.FAILED, before), NOW))
    assert [one.label for one in buttons] == ["Newest", "Older"]
    assert [(one.action, one.disabled) for one in buttons] == [newest, older]


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
    panel = job_list.jobs(listed(), JobsPage("default", status), NOW)
    assert words(panel)[1:] == [sentence]
    assert turning(panel) == []


def test_an_empty_page_before_older_ones_does_not_claim_that_there_are_none() -> None:
    panel = job_list.jobs(listed(before=400), JobsPage("default", JobStatus.FAILED), NOW)
    assert words(panel) == ["### Failed", "None on this page. There may be older ones."]
    assert [one.action for one in turning(panel) if not one.disabled] == ["jobs:page:default:failed:400"]


@pytest.mark.parametrize("status", [None, JobStatus.FAILED])
def test_the_end_of_the_list_does_not_claim_that_the_queue_is_empty(status: JobStatus | None) -> None:
    panel = job_list.jobs(listed(), JobsPage("default", status, 5), NOW)
    assert words(panel)[1:] == ["There are no older ones."]
    assert [one.label for one in turning(panel) if not one.disabled] == ["Newest"]


def test_a_search_says_what_it_looked_for_and_how_far() -> None:
    at = JobsPage("default", None, None, board_key("b1"), "fox *")
    panel = job_list.jobs(JobList((), (job(812),), 713, 100), at, NOW, board="Land_scapes")
    assert words(panel)[0] == "### Jobs · “fox \\*” · on Land\\_scapes"
    assert words(panel)[2] == "-# 1 found in the newest 100 jobs. *Older* looks further back."
    further = replace(at, before=713)
    panel = job_list.jobs(JobList((), (), None, 40), further, NOW)
    assert words(panel)[1] == "-# None found in the next 40 jobs."
    [newest, older] = turning(panel)
    assert (newest.disabled, older.disabled) == (False, True)
    assert newest.action == f"jobs:find:default:a:0:{board_key('b1')}:Zm94ICo"
