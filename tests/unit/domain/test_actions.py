import re
from pathlib import Path

import pytest

from bot.discord.client import CAPABILITY
from bot.domain.access import Capability
from bot.domain.actions import (
    ACTIONS,
    ANSWERS,
    ANY,
    CLEAR,
    FREE_AND_RETRY,
    FREE_VRAM,
    KEEP,
    LINK,
    NOTIFY,
    PRUNE,
    Action,
    Component,
)
from bot.render.custom_ids import JobsMenu, JobsPage, needed
from cogs import channel_buttons, confirmations, job_buttons, queue_buttons
from cogs.create import CreateCog
from cogs.jobs import JobsCog
from cogs.link import LinkCog
from cogs.notify import NotifyCog
from cogs.queue import QueueCog
from cogs.requeue import RequeueCog
from cogs.statistics import StatisticsCog
from cogs.styles import StylesCog
from cogs.workflows import WorkflowsCog

PAGE = Path(__file__).parents[3] / "docs" / "actions.md"
PLAIN = [JobsCog, QueueCog, RequeueCog, LinkCog, CreateCog, WorkflowsCog, StatisticsCog]
COMMANDS: dict[str, Capability] = {
    f"/{name} {command.name}".replace("/ ", "/"): command.extras[CAPABILITY]
    for name, cogs in (("", PLAIN), ("notify", [NotifyCog]), ("style", [StylesCog]))
    for cog in cogs
    for command in cog.__cog_app_commands__
}


def rows_of(*components: Component) -> set[Action]:
    return {row for row in ACTIONS if row.component in components}


OF_CHANNELS = rows_of(Component.CHANNEL_BUTTON, Component.CHANNEL_MENU, Component.CHANNEL_FORM)


def test_each_button_menu_and_form_has_exactly_one_answer() -> None:
    of_jobs = rows_of(Component.JOB_BUTTON, Component.JOB_MENU, Component.JOB_FORM)
    opens = {row for row in of_jobs if row.opens_form}
    assert job_buttons.on_open.actions == opens
    assert job_buttons.on_press.actions == of_jobs - opens
    assert queue_buttons.on_press.actions == rows_of(Component.QUEUE_BUTTON)
    opens = {row for row in OF_CHANNELS if row.opens_form}
    assert channel_buttons.on_open.actions == opens
    assert channel_buttons.on_press.actions == OF_CHANNELS - opens


def test_each_answer_to_a_question_is_carried_out() -> None:
    assert confirmations.on_answer.actions == set(ANSWERS.values())
    assert set(ANSWERS.values()) == {row for row in ACTIONS if row.asks} | {KEEP}


def test_names_are_unique_and_fit_a_custom_id() -> None:
    names = [row.name for row in ACTIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]{1,20}", name) for name in names)


def test_a_button_has_a_label_and_nothing_else_has_one() -> None:
    labeled = {row for row in ACTIONS if row.label}
    assert labeled == rows_of(Component.JOB_BUTTON, Component.QUEUE_BUTTON, Component.CHANNEL_BUTTON)


def test_what_takes_jobs_out_of_the_queue_or_is_not_of_jobs_needs_an_admin() -> None:
    admins = {row for row in ACTIONS if row.capability is Capability.ADMIN}
    assert admins == {CLEAR, PRUNE, FREE_VRAM, FREE_AND_RETRY, NOTIFY, LINK} | OF_CHANNELS


def test_everybody_may_look_and_only_an_operator_may_change_anything() -> None:
    changing = {row for row in ACTIONS if row.changes or row.asks}
    assert all(row.capability > Capability.VIEW for row in changing)
    assert needed(JobsMenu("invokeai")) is Capability.VIEW
    assert needed(JobsPage("invokeai")) is Capability.VIEW
    assert needed(None) is Capability.VIEW


@pytest.mark.parametrize("row", ACTIONS, ids=lambda row: row.name)
def test_each_action_stands_in_the_documentation_as_it_is(row: Action) -> None:
    cells = documented()[row.name]
    assert cells["Button"] == row.label
    assert cells["Who may"] == row.capability.name.lower()
    states = ", ".join(sorted(row.offered)) if row.offered != ANY else "all"
    assert cells["Under jobs that are"] == states + (", with an image" if row.needs_image else "")
    for command in commands(cells):
        wider = ":" in cells["Command"]  # with an option a command may be another action, which needs more
        assert COMMANDS[command] == row.capability or (wider and COMMANDS[command] < row.capability)


def test_the_documentation_has_each_command_and_no_action_that_is_not_there() -> None:
    assert set(documented()) == {row.name for row in ACTIONS}
    assert {command for cells in documented().values() for command in commands(cells)} == set(COMMANDS)


def commands(cells: dict[str, str]) -> list[str]:
    """Without their options."""
    told = re.findall(r"/[^`]+", cells["Command"])
    return [" ".join(word for word in one.split() if ":" not in word) for one in told]


def documented() -> dict[str, dict[str, str]]:
    """The table of actions, by name."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head, _, *rows = table
    return {row[0].strip("`"): dict(zip(head, row, strict=True)) for row in rows}
