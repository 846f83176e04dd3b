from bot.access import Capability
from bot.render.custom_ids import Choice, JobAction, QueueAction
from cogs.actions import NEEDS
from cogs.confirming import CHOICES

EVERY = (*JobAction, *QueueAction, *Choice)


def test_every_action_has_its_own_word_and_its_own_capability() -> None:
    assert len(set(EVERY)) == len(EVERY)
    assert set(NEEDS) == set(EVERY)


def test_what_takes_jobs_out_of_the_queue_needs_an_admin() -> None:
    admins = {action for action, needed in NEEDS.items() if needed is Capability.ADMIN}
    assert admins == {Choice.CLEAR, Choice.PRUNE}
    assert {NEEDS[choice] for choice in CHOICES.values()} == {Capability.OPERATE}
