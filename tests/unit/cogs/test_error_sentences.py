"""What a person is told of an error of ours, and what only an admin is."""

import pytest

from bot.errors import BotError, DatabaseTrouble, InvokeAIUnavailable, LeadershipLost, RequestRefused
from cogs.errors import sentence_for

PLACE = "db.house.lan:5432/bot"


@pytest.mark.parametrize("kind", [DatabaseTrouble, LeadershipLost])
def test_where_the_database_is_only_an_admin_is_told(kind: type[BotError]) -> None:
    error = kind(f"Something is wrong with {PLACE}.")
    assert PLACE in (sentence_for(error, "/queue", admin=True) or "")
    assert sentence_for(error, "/queue", admin=False) == (
        "The bot's database can't be used just now. Try again in a minute."
    )


def test_where_invokeai_is_only_an_admin_is_told() -> None:
    error = InvokeAIUnavailable("InvokeAI does not answer.")
    error.details = PLACE
    assert PLACE in (sentence_for(error, "/queue", admin=True) or "")
    assert sentence_for(error, "/queue", admin=False) == "InvokeAI does not answer."


def test_a_refusal_is_told_to_everybody_as_it_is() -> None:
    assert sentence_for(RequestRefused("Name the job."), "/job", admin=False) == "Name the job."
