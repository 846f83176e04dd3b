from bot.domain.access import Capability
from bot.domain.actions import CHOICES, JOBS, QUEUE, Choice, JobAction, QueueAction
from bot.render.custom_ids import JobsMenu, JobsPage, needed
from cogs.confirmations import CHOICES as CANCELS


def test_every_action_has_its_own_capability() -> None:
    assert set(JOBS) == set(JobAction)
    assert set(QUEUE) == set(QueueAction)
    assert set(CHOICES) == set(Choice)


def test_what_takes_jobs_out_of_the_queue_needs_an_admin() -> None:
    admins = {action for action, needed in CHOICES.items() if needed is Capability.ADMIN}
    assert admins == {Choice.CLEAR, Choice.PRUNE}
    assert {CHOICES[choice] for choice in CANCELS.values()} == {Capability.OPERATE}


def test_everybody_may_look_and_only_an_operator_may_change_anything() -> None:
    looks = {action for action, needed in JOBS.items() if needed is Capability.VIEW}
    assert looks == {JobAction.ORIGINAL, JobAction.DETAILS}
    assert set(JOBS.values()) == {Capability.VIEW, Capability.OPERATE}
    assert needed(JobsMenu("invokeai")) is Capability.VIEW
    assert needed(JobsPage("invokeai")) is Capability.VIEW
