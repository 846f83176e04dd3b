from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from render_examples import FAILURE, MORNING, job, recipe

from bot.domain.actions import ACTIONS, Component
from bot.domain.events import EventKind, JobEvent
from bot.domain.jobs import Job, JobStatus, Recipe
from bot.render import buttons, job_panel, notices
from bot.render.custom_ids import JobButton, JobsMenu, QueueButton, decode, picked
from bot.render.message import ActionRow, ButtonStyle, Menu

SERVERS = {"default"}
AGAIN = ["again", "tweak"]
OOM = replace(job(812, JobStatus.FAILED, failure=FAILURE), images=())


def actions(rows: tuple[ActionRow | Menu, ...]) -> list[list[str]]:
    """What the buttons mean, row by row."""
    found: list[list[str]] = []
    for row in rows:
        assert isinstance(row, ActionRow)
        meanings = [decode(button.action, SERVERS) for button in row.buttons]
        found.append([one.action.name for one in meanings if isinstance(one, JobButton | QueueButton)])
    return found


@pytest.mark.parametrize(
    ("status", "images", "offered"),
    [
        (JobStatus.COMPLETED, 1, [[*AGAIN, "star", "more"]]),
        (JobStatus.COMPLETED, 0, [[*AGAIN, "more"]]),
        (JobStatus.FAILED, 0, [["retry", "details"]]),
        (JobStatus.CANCELED, 0, [["retry", "again", "details"]]),
        (JobStatus.IN_PROGRESS, 0, [["cancel", "cancel-batch", "tell-me", "details"]]),
        (JobStatus.PENDING, 0, [["cancel", "cancel-batch", "tell-me", "details"]]),
        (JobStatus.WAITING, 0, [["cancel", "cancel-batch", "tell-me", "details"]]),
    ],
)
def test_a_job_offers_what_can_be_done_with_it_now(
    status: JobStatus, images: int, offered: list[list[str]]
) -> None:
    assert actions(buttons.rows(replace(job(812, images=images), status=status), "default")) == offered


@pytest.mark.parametrize("status", JobStatus)
def test_its_buttons_carry_its_number_and_stay_within_a_thumbs_reach(status: JobStatus) -> None:
    rows = buttons.rows(replace(job(812), status=status), "default")
    assert len(rows) == 1
    for row in (*rows, *buttons.more(replace(job(812), status=status), "default")):
        assert 1 <= len(row.buttons) <= 4
        for button in row.buttons:
            meaning = decode(button.action, SERVERS)
            assert isinstance(meaning, JobButton)
            assert meaning.number == 812
            assert 1 <= len(button.label or button.emoji or "") <= 19


def test_a_starred_job_can_be_unstarred_and_what_destroys_stands_last() -> None:
    assert actions(buttons.rows(job(812), "default", starred=True)) == [[*AGAIN, "more"]]
    assert actions(buttons.more(job(812), "default", starred=True)) == [
        ["again4", "unstar", "original"],
        ["board", "save-as-style"],
        ["details", "delete"],
    ]
    assert actions(buttons.more(job(812), "default")) == [
        ["again4", "original", "board"],
        ["save-as-style", "details"],
        ["delete"],
    ]


def test_where_the_details_stand_already_no_button_leads_to_them() -> None:
    canceled = replace(job(812), status=JobStatus.CANCELED)
    assert actions(buttons.rows(canceled, "default")) == [["retry", "again", "details"]]
    assert actions(buttons.rows(canceled, "default", details=False)) == [["retry", "again"]]


def test_a_panel_is_narrower_than_a_notice_so_its_star_is_behind_more() -> None:
    assert actions(buttons.rows(job(812), "default", details=False)) == [["again", "tweak", "more"]]
    assert actions(buttons.more(job(812), "default", details=False)) == [
        ["again4", "star", "original"],
        ["board", "save-as-style"],
        ["delete"],
    ]


def test_a_job_that_ran_out_of_vram_offers_what_helps_against_that() -> None:
    assert actions(buttons.rows(OOM, "default")) == [["retry", "retry-smaller", "more"]]
    assert actions(buttons.more(OOM, "default")) == [["free-and-retry", "details"]]
    unsized = replace(OOM, recipe=None)
    assert actions(buttons.rows(unsized, "default")) == [["free-and-retry", "more"]]
    assert actions(buttons.more(unsized, "default")) == [["retry", "details"]]


def test_the_star_is_a_button_without_a_word() -> None:
    star = buttons.rows(job(812), "default")[0].buttons[2]
    assert (star.label, star.emoji) == ("", "⭐")


def test_a_job_with_nothing_behind_more_says_so() -> None:
    theirs = replace(job(812), hidden=True)
    assert buttons.more(theirs, "default") == ()
    assert "nothing more to do" in str(job_panel.more(theirs).blocks)


def test_a_job_s_files_stand_behind_more_or_else_below_its_details() -> None:
    done, failed = job(812), job(813, JobStatus.FAILED)
    assert "job:json:default:812" not in str(job_panel.job(done, [], MORNING).blocks)
    assert "job:json:default:812" in str(job_panel.more(done).blocks)
    assert "job:json:default:813" in str(job_panel.job(failed, [], MORNING).blocks)
    assert "json" not in str(job_panel.job(replace(failed, hidden=True), [], MORNING).blocks)


def test_only_what_destroys_is_red() -> None:
    red: set[str] = set()
    for status in JobStatus:
        ended = replace(job(812), status=status)
        for row in (*buttons.rows(ended, "default"), *buttons.more(ended, "default")):
            red |= {button.action for button in row.buttons if button.style is ButtonStyle.DANGER}
    assert red == {"job:cancel:default:812", "job:delete:default:812"}


def test_a_notice_of_one_job_has_its_buttons() -> None:
    failed = replace(job(812), status=JobStatus.FAILED)
    canceled = replace(job(812), status=JobStatus.CANCELED)
    done = notices.completed([JobEvent(EventKind.COMPLETED, job(812), image=0)], {})
    assert done.rows == buttons.rows(job(812), "default")
    assert notices.failed(JobEvent(EventKind.FAILED, failed)).rows == buttons.rows(failed, "default")
    told = notices.canceled([JobEvent(EventKind.CANCELED, canceled)])
    assert told.rows == buttons.rows(canceled, "default")


def test_an_interrupted_job_offers_a_pause_and_one_that_vanished_offers_nothing() -> None:
    canceled = replace(job(812), status=JobStatus.CANCELED, interrupted=True)
    told = notices.interrupted(JobEvent(EventKind.INTERRUPTED, canceled))
    assert actions(told.rows) == [["retry", "pause", "cancel-batch"]]
    vanished = replace(canceled, batch_id="")
    assert notices.interrupted(JobEvent(EventKind.INTERRUPTED, vanished)).rows == ()


def test_many_cancelled_jobs_have_no_buttons() -> None:
    events = [
        JobEvent(EventKind.CANCELED, replace(job(number), status=JobStatus.CANCELED)) for number in (1, 2)
    ]
    assert notices.canceled(events).rows == ()


def test_an_album_asks_which_one() -> None:
    jobs = job(803), job(804, prompt="blue hen")
    events = [JobEvent(EventKind.COMPLETED, each, image=0) for each in jobs]
    [menu] = notices.completed(events, {}).rows
    assert isinstance(menu, Menu)
    assert decode(menu.action, SERVERS) == JobsMenu("default")
    assert [picked(option.value) for option in menu.options] == [803, 804]
    assert [option.label for option in menu.options] == ["#803 · red fox in snow", "#804 · blue hen"]


def test_where_all_have_one_prompt_the_menu_tells_them_apart_by_their_seeds() -> None:
    [menu] = buttons.which_one([job(803), replace(job(804), recipe=recipe(seed=77))])
    assert [option.label for option in menu.options] == ["#803 · seed 1234", "#804 · seed 77"]
    unknown = [replace(job(number), recipe=None) for number in (803, 804)]
    [menu] = buttons.which_one(unknown)
    assert [option.label for option in menu.options] == ["#803", "#804"]


@example(["fox"] * 26)
@given(st.lists(st.text(), min_size=1, max_size=40))
def test_a_menu_of_any_prompts_stays_within_discords_limits(prompts: list[str]) -> None:
    jobs = [_with(number, prompt) for number, prompt in enumerate(prompts, 1)]
    [menu] = buttons.which_one(jobs)
    assert 1 <= len(menu.options) <= 25
    assert all(1 <= len(option.label) <= 100 for option in menu.options)
    assert len({option.value for option in menu.options}) == len(menu.options)


def _with(number: int, prompt: str) -> Job:
    return replace(job(number), recipe=Recipe(prompt=prompt))


def test_a_waiting_job_whole_offers_to_run_it_next_and_no_other_does() -> None:
    shown = {
        status: [row for row in panel.blocks if isinstance(row, ActionRow)]
        for status in JobStatus
        for panel in (job_panel.job(replace(job(812), status=status), [], MORNING),)
    }
    offering = {
        status for status, rows in shown.items() if any("next" in row for row in actions(tuple(rows)))
    }
    assert offering == {JobStatus.PENDING}
    assert actions(tuple(shown[JobStatus.PENDING])) == [
        ["cancel", "cancel-batch"],
        ["tell-me", "next", "json"],
    ]


def test_every_button_of_a_job_stands_under_some_job_or_names_several() -> None:
    offered: set[str] = set()
    for status in JobStatus:
        for starred in (True, False):
            for one in (replace(job(812), status=status), OOM):
                rows = buttons.rows(one, "default", starred=starred)
                folded = buttons.more(one, "default", starred=starred)
                offered |= {action for row in actions((*rows, *folded)) for action in row}
    buttons_of_jobs = {row.name for row in ACTIONS if row.component is Component.JOB_BUTTON}
    assert offered == buttons_of_jobs - {"retry-alike", "retry-failed", "json", "next", "tell-batch"}
    [row] = buttons.failures(job(812), "default", 13)
    assert actions((row,)) == [["retry-alike", "details"]]
    assert (row.buttons[0].label, row.buttons[0].action) == ("Retry all 13", "job:retry-alike:default:812:13")
