"""What is said after a job's button: truthful sentences, forms and menus within Discord's limits."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from render_examples import MORNING, PNG, job

from bot.domain import actions
from bot.domain.creation import Again, Submitted
from bot.domain.jobs import Board
from bot.domain.queue import QueueStatus
from bot.domain.submissions import Asker, Submission
from bot.render import answers, questions
from bot.render.custom_ids import AnswerButton, Asked, JobButton, decode
from bot.render.message import ActionRow, Attachment, ButtonStyle, Colour, File, Menu, Panel, Text

STATUS = QueueStatus("default", 3, 1, 0, 0, 0, 0, paused=False, processing=True)
SERVERS = {"default"}


def words(panel: Panel) -> str:
    """As a person reads it: our own escapes away."""
    return "\n".join(block.body.replace("\\", "") for block in panel.blocks if isinstance(block, Text))


def again(numbers: list[int], *seeds: int, jobs: int | None = None, sent: int | None = None) -> str:
    sent = len(numbers) if sent is None else sent
    asked = Submission(1, "default", "b", Asker(5), MORNING, sent if jobs is None else jobs, sent)
    return words(answers.again(812, Again(Submitted(asked, tuple(numbers)), seeds), STATUS))


def test_again_names_the_new_jobs_and_their_seeds() -> None:
    left = "3 waiting, 1 running."
    assert again([813], 7) == f"#812 is queued again as #813 with the seed 7. {left}"
    assert (
        again([813, 814], 7, 8) == f"#812 is queued again 2 times as #813 to #814 with the seeds 7, 8. {left}"
    )
    assert "as #813, #815 with" in again([813, 815], 7, 8)


def test_again_says_what_it_can_not_tell() -> None:
    assert again([813]).startswith("#812 is queued again as #813. It has no seed that could be set.")
    assert again([], 7, 8, sent=2).startswith("#812 is queued again 2 times with the seeds 7, 8.")


def test_what_follows_later_is_told_as_that() -> None:
    some = again([813, 814], 7, 8, 9, jobs=3)
    assert some.startswith(
        "#812 is queued again 3 times with the seeds 7, 8, 9: #813–#814 now, 1 more follows."
    )
    later = again([], 7, 8, jobs=2, sent=0)
    assert later.startswith("#812 will be queued again 2 times with the seeds 7, 8 when your turn comes.")


def test_a_star_says_of_which_images_and_offers_the_way_back() -> None:
    panel = answers.starred(job(812), 1, starred=True)
    assert words(panel) == "The image of #812 is starred in InvokeAI."
    [row] = [block for block in panel.blocks if isinstance(block, ActionRow)]
    assert decode(row.buttons[0].action, SERVERS) == JobButton(actions.UNSTAR, "default", 812)
    some = answers.starred(job(812, images=3), 2, starred=False)
    assert "2 of 3 images of #812 are not starred any more in InvokeAI; the others are gone." in words(some)
    gone = answers.starred(job(812, images=3), 0, starred=True)
    assert words(gone) == "#812's images are gone from InvokeAI. Nothing was changed."
    assert len(gone.blocks) == 1


def test_a_boards_name_is_foreign_text() -> None:
    panel = answers.moved(job(812), 1, Board("b", "**@everyone** [x](https://x.test)"))
    [text] = [block.body for block in panel.blocks if isinstance(block, Text)]
    assert "@everyone" not in text
    assert "**" not in text.replace("\\*\\*", "")


def test_originals_come_as_files_to_open() -> None:
    panel = answers.originals(job(812), [File("812.png", PNG)], [])
    assert panel.blocks == (Text("The original of #812"), Attachment("812.png"))
    assert panel.colour is Colour.DONE


def test_an_original_that_is_too_large_is_told_with_both_sizes() -> None:
    told = answers.too_large(0, job(), 45_100_000, 10 * 1024 * 1024)
    assert told == "The original is 45 MB; Discord takes 10 MB here. It lies in InvokeAI's gallery."
    unknown = answers.too_large(1, job(images=2), None, 10 * 1024 * 1024)
    assert unknown.startswith("Image 2 is too large; Discord takes 10 MB here.")
    panel = answers.originals(job(812), [], [told])
    assert told in words(panel)
    assert panel.colour is Colour.WARNING


def test_a_deletion_is_asked_for_with_the_safe_answer_first_and_red_ones_after_it() -> None:
    panel = questions.delete_images(job(812, images=3), Asked(7, MORNING + timedelta(minutes=5)))
    assert "Delete 3 images of #812?" in words(panel)
    [row] = [block for block in panel.blocks if isinstance(block, ActionRow)]
    no, *yes = row.buttons
    assert no.style is ButtonStyle.SECONDARY
    assert {button.style for button in yes} == {ButtonStyle.DANGER}
    meant = (actions.KEEP, actions.DELETE, actions.DELETE_POSTS)
    for button, action in zip(row.buttons, meant, strict=True):
        meaning = decode(button.action, SERVERS)
        assert isinstance(meaning, AnswerButton)
        assert meaning.action is action
    assert questions.expired(actions.DELETE) == "This question has expired. Press Delete again."


@example([Board(f"b{number}", "Foxes") for number in range(26)])
@given(st.lists(st.builds(Board, st.uuids().map(str), st.text(max_size=300)), min_size=1, max_size=60))
def test_a_menu_of_any_boards_stays_within_discords_limits(boards: list[Board]) -> None:
    panel = questions.which_board(job(812), boards)
    [menu] = [block for block in panel.blocks if isinstance(block, Menu)]
    assert 1 <= len(menu.options) <= 25
    assert all(1 <= len(option.label) <= 100 for option in menu.options)
    assert [option.value for option in menu.options] == [board.id for board in boards[:25]]
    assert (f"of {len(boards)} boards" in words(panel)) == (len(boards) > 25)


@given(st.none() | st.text(max_size=5000))
def test_a_form_takes_a_prompt_only_if_nothing_of_it_would_be_lost(prompt: str | None) -> None:
    form = questions.tweak(812, "default", prompt)
    assert len(form.title) <= 45
    assert decode(form.action, SERVERS) == JobButton(actions.TWEAKED, "default", 812)
    for each in form.inputs:
        assert 1 <= len(each.label) <= 45
        assert len(each.text) <= each.longest <= 4000
    assert all(each.text == prompt for each in form.inputs if each.name == "prompt")


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        (None, False),
        ("", True),
        ("a fox\nin snow", True),
        ("x" * 4000, True),
        ("x" * 4001, False),
        ("\ud800", False),
        ("a\0b", False),
    ],
)
def test_a_prompt_that_can_be_typed_is_shown(prompt: str | None, shown: bool) -> None:
    names = [each.name for each in questions.tweak(812, "default", prompt).inputs]
    assert ("prompt" in names) is shown


def test_freed_memory_is_told_with_what_would_fill_it_again() -> None:
    assert "free until the next job" in words(answers.freed(replace(STATUS, in_progress=0, pending=0)))
    assert "running job keeps" in words(answers.freed(replace(STATUS, in_progress=1)))
    busy = replace(STATUS, in_progress=0, pending=3)
    assert "/pause keeps the card free" in words(answers.freed(replace(busy, paused=False)))
    assert "free until the next job" in words(answers.freed(replace(busy, paused=True)))
