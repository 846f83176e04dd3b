from dataclasses import replace
from datetime import timedelta

import pytest
from render_examples import MORNING, job

from bot.domain import actions
from bot.domain.actions import Action
from bot.domain.jobs import JobStatus
from bot.domain.queue import QueueStatus, WaitingBatch
from bot.render import answers, questions
from bot.render.custom_ids import Asked, decode
from bot.render.message import ActionRow, ButtonStyle, Panel, Text
from bot.render.questions import Cancelable

ASKED = Asked(7, MORNING + timedelta(minutes=5))
NOTHING = QueueStatus("invokeai", 0, 0, 0, 0, 0, 0, paused=False, processing=False)
RUNNING = job(812, JobStatus.IN_PROGRESS, ended=False)


def words(panel: Panel) -> list[str]:
    """As a person reads it: our own escapes away."""
    return [block.body.replace("\\", "") for block in panel.blocks if isinstance(block, Text)]


def labels(panel: Panel) -> list[str]:
    [row] = [block for block in panel.blocks if isinstance(block, ActionRow)]
    return [button.label for button in row.buttons]


@pytest.mark.parametrize(
    ("status", "running", "question"),
    [
        (
            replace(NOTHING, pending=3, completed=110, failed=6, canceled=4, in_progress=1),
            [812],
            "Clear 3 waiting and 120 finished jobs, and cancel the running #812?",
        ),
        (replace(NOTHING, waiting=1), [], "Clear 1 waiting job?"),
        (replace(NOTHING, completed=1200), [], "Clear 1,200 finished jobs?"),
        (
            replace(NOTHING, in_progress=3),
            [812, 813, 814],
            "Clear the queue, and cancel the running #812, #813 and #814?",
        ),
        (replace(NOTHING, in_progress=4), [1, 2, 3, 4], "Clear the queue, and cancel the running 4 jobs?"),
        (replace(NOTHING, in_progress=1), [], "Clear the queue?"),
    ],
)
def test_a_clear_names_what_it_takes(status: QueueStatus, running: list[int], question: str) -> None:
    panel = questions.clear(status, [replace(RUNNING, number=number) for number in running], ASKED)
    assert words(panel)[0] == f"### {question}"
    assert words(panel)[1] == "-# Pictures stay in the gallery. Expires at <t:1795507500:t>."
    assert labels(panel) == ["Keep the queue", "Clear"]


def test_a_prune_names_what_it_takes_and_what_stays() -> None:
    panel = questions.prune(replace(NOTHING, completed=110, failed=10, pending=7), ASKED)
    assert words(panel)[0] == "### Prune 120 finished jobs: 110 done, 10 failed?"
    assert "Waiting and running jobs stay" in words(panel)[1]


@pytest.mark.parametrize(
    ("action", "question"),
    [
        (actions.CANCEL_BATCH, "Cancel 14 jobs of #812's batch?"),
        (actions.CANCEL_DESTINATION, "Cancel 14 jobs with #812's destination “gallery”?"),
        (actions.CANCEL_WAITING, "Cancel all 14 waiting jobs?"),
        (actions.CANCEL_ALL, "Cancel all 14 jobs?"),
    ],
)
def test_a_wide_cancel_names_the_number(action: Action, question: str) -> None:
    named = RUNNING if action in {actions.CANCEL_BATCH, actions.CANCEL_DESTINATION} else None
    running = 0 if action is actions.CANCEL_WAITING else 1
    panel = questions.cancel(action, Cancelable("invokeai", running, 14 - running, named), ASKED)
    assert words(panel)[0] == f"### {question}"
    told = "1 running, 13 waiting" if running else "14 waiting"
    assert words(panel)[1] == f"-# {told}. Finished pictures stay. Expires at <t:1795507500:t>."
    [row] = [block for block in panel.blocks if isinstance(block, ActionRow)]
    assert [(button.label, button.style) for button in row.buttons] == [
        ("Keep them", ButtonStyle.SECONDARY),
        ("Cancel 14 jobs", ButtonStyle.DANGER),
    ]
    assert all(decode(button.action, {"invokeai"}) for button in row.buttons)


def test_a_cancel_of_all_names_the_next_batches() -> None:
    batches = (WaitingBatch(job(813, prompt="harbour"), 4), WaitingBatch(job(817, prompt=None), 1))
    panel = questions.cancel(actions.CANCEL_ALL, Cancelable("invokeai", 1, 13, None, batches), ASKED)
    told = "1 running, 13 waiting (“harbour” ×4 · #817 · +8). Finished pictures stay."
    assert words(panel)[1] == f"-# {told} Expires at <t:1795507500:t>."


def test_a_cancel_of_a_batch_names_its_first_prompts_each_once() -> None:
    prompts = ("harbor", "harbor", "lake " * 30, "hill")
    first = tuple(job(813 + place, prompt=prompt) for place, prompt in enumerate(prompts))
    those = Cancelable("invokeai", 1, 13, RUNNING, (), first[:2])
    panel = questions.cancel(actions.CANCEL_BATCH, those, ASKED)
    assert words(panel)[1].startswith("-# 1 running, 13 waiting (“harbor”). Finished pictures stay.")
    panel = questions.cancel(actions.CANCEL_BATCH, replace(those, first=first), ASKED)
    assert "(“harbor” · “lake lake" in words(panel)[1]
    assert "…” · …). Finished" in words(panel)[1]
    hidden = replace(those, first=tuple(replace(one, recipe=None) for one in first))
    assert "(" not in words(questions.cancel(actions.CANCEL_BATCH, hidden, ASKED))[1]


@pytest.mark.parametrize(
    ("action", "command"),
    [(actions.CLEAR, "/clear"), (actions.PRUNE, "/prune"), (actions.CANCEL_ALL, "/cancel")],
)
def test_an_expired_question_names_the_command(action: Action, command: str) -> None:
    assert questions.expired(action) == f"This question has expired. Ask again with {command}."


def test_a_batchs_retry_says_how_many_and_under_which_numbers() -> None:
    before = job(812, JobStatus.FAILED)
    status = replace(NOTHING, pending=2)
    assert words(answers.retried_batch(before, 3, 3, (830, 831, 832), status)) == [
        "3 failed jobs of #812's batch are queued again as #830 to #832. 2 waiting, none running."
    ]
    assert "as #830." in words(answers.retried_batch(before, 1, 1, (830,), status))[0]
    [short] = words(answers.retried_batch(before, 3, 2, (), status))
    assert short.startswith("2 of 3 failed jobs of #812's batch are queued again; the queue has no room")
    assert words(answers.retried(before, None)) == ["#812 is queued again."]
    assert words(answers.retried(before, replace(before, number=830))) == ["#812 is queued again as #830."]


@pytest.mark.parametrize(
    ("running", "rest"),
    [
        ([], "No waiting, none running."),
        ([812], "#812 will finish; nothing new will start."),
        ([812, 813], "#812 and #813 will finish; nothing new will start."),
        ([1, 2, 3, 4], "4 jobs will finish; nothing new will start."),
    ],
)
def test_a_pause_says_what_still_runs(running: list[int], rest: str) -> None:
    after = replace(NOTHING, paused=True, in_progress=len(running))
    panel = answers.paused(NOTHING, after, [replace(RUNNING, number=number) for number in running])
    assert rest in words(panel)[0]


def test_what_was_cleared_or_pruned_is_told_with_what_is_left() -> None:
    assert words(answers.cleared(124, NOTHING)) == [
        "124 jobs are cleared. Left: none waiting, none running, none finished."
    ]
    assert words(answers.cleared(0, NOTHING))[0].startswith("There was nothing to clear.")
    assert words(answers.pruned(1, replace(NOTHING, pending=2))) == [
        "1 job is pruned. Left: 2 waiting, none running, none finished."
    ]
    assert words(answers.pruned(0, NOTHING))[0].startswith("There was nothing to prune.")


def test_a_deletion_keeps_first_and_names_what_it_deletes_where() -> None:
    panel = questions.delete_images(job(812, images=2), ASKED)
    assert words(panel)[0] == "### Delete 2 images of #812?"
    assert labels(panel) == ["Keep", "In InvokeAI", "In both"]
    for action in (actions.DELETE, actions.DELETE_POSTS):
        assert questions.expired(action) == "This question has expired. Press Delete again."


def test_a_deletion_says_what_became_of_the_posts() -> None:
    one, two = job(812), job(812, images=2)
    assert words(answers.deleted_everywhere(one, 1, 1)) == [
        "The image is deleted in InvokeAI, and 1 post in Discord no longer shows it."
    ]
    assert words(answers.deleted_everywhere(two, 0, 2)) == [
        "The images are no longer in InvokeAI, and 2 posts in Discord no longer show them."
    ]
    assert words(answers.deleted_everywhere(one, 1, 0)) == [
        "The image is deleted in InvokeAI. No post in Discord is known to show it."
    ]
    [told] = words(answers.deleted_everywhere(one, 1, 1, [(42, "Its thread is archived.")]))
    assert "The post in <#42> could not be edited: Its thread is archived." in told
