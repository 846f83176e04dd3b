import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from bot.domain.events import EventKind, JobEvent
from bot.domain.jobs import Failure, JobStatus, Lora, Recipe
from bot.store.columns import ForeignText, Kinds, UtcDateTime
from bot.store.event_json import read_event, written
from bot.store.trouble import sentence

DIALECTS = [sqlite.dialect(), postgresql.dialect()]

WRITTEN_BY_THE_BASELINE = """{"kind": "failed", "job": {"server": "attic", "number": 7, "status": "failed",
"batch_id": "b", "session_id": null, "created_at": "2026-03-01T12:00:00Z", "started_at":
"2026-03-01T12:00:01.5Z", "completed_at": null, "origin": null, "destination": null, "user": null, "device":
null, "priority": 0, "retried_from": null, "parent": 3, "recipe": {"prompt": "fox", "negative_prompt": null,
"model": "m", "seed": 1, "width": 8, "height": 8, "steps": 2, "cfg_scale": 7.5, "scheduler": "euler"},
"images": ["a.png"], "failure": {"error_type": "E", "message": "m", "traceback": "t"}},
"pending": 2, "image": null}"""


def test_an_event_that_an_older_bot_wrote_down_is_still_understood() -> None:
    event = read_event(WRITTEN_BY_THE_BASELINE)
    assert isinstance(event, JobEvent)
    assert (event.kind, event.pending, event.image) == (EventKind.FAILED, 2, None)
    job = event.job
    assert (job.server, job.number, job.status, job.parent) == ("attic", 7, JobStatus.FAILED, 3)
    assert job.created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert job.recipe == Recipe("fox", None, "m", 1, 8, 8, 2, 7.5, "euler")
    assert (job.images, job.failure) == (("a.png",), Failure("E", "m", "t"))


def test_an_event_with_loras_comes_back_as_it_was() -> None:
    old = read_event(WRITTEN_BY_THE_BASELINE)
    assert isinstance(old, JobEvent)
    recipe = Recipe("fox", loras=(Lora("Fur", 0.75), Lora("Schnee ❄")))
    event = replace(old, job=replace(old.job, recipe=recipe))
    assert read_event(written(event)) == event


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_time_without_zone_is_refused(dialect: sqlite.dialect) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 3, 1), dialect)  # noqa: DTZ001 (the fault itself)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_time_comes_back_aware_and_in_utc(dialect: sqlite.dialect) -> None:
    there = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    kept = UtcDateTime().process_bind_param(there, dialect)
    found = UtcDateTime().process_result_value(kept, dialect)
    assert found is not None
    assert (found, found.utcoffset()) == (there, timedelta(0))


def test_what_no_database_can_hold_becomes_a_question_mark() -> None:
    assert ForeignText().process_bind_param("a\0b\ud800c🦊", DIALECTS[0]) == "a?b?c🦊"


def test_kinds_are_kept_as_sorted_words() -> None:
    kinds = frozenset({EventKind.FAILED, EventKind.COMPLETED})
    words = Kinds().process_bind_param(kinds, DIALECTS[0])
    assert words == "completed failed"
    assert Kinds().process_result_value(words, DIALECTS[0]) == kinds


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "disk is full"),
        (sqlite3.SQLITE_IOERR_FSYNC, "the disk fails"),
        (sqlite3.SQLITE_BUSY, "another program"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "right to write"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "backup"),
    ],
)
def test_each_trouble_of_sqlite_has_a_plain_sentence(code: int, words: str) -> None:
    cause = sqlite3.OperationalError("sqlite words")
    cause.sqlite_errorcode = code
    said = sentence("/data/bot.db", OperationalError("SELECT secret", {}, cause))
    assert said.startswith("The database /data/bot.db ")
    assert words in said
    assert "SELECT" not in said


def test_another_trouble_is_told_in_its_first_line() -> None:
    assert sentence("host/db", RuntimeError("no such role.\nDETAIL: …")) == (
        "The database host/db can't be used: no such role."
    )
    assert sentence("host/db", RuntimeError()) == "The database host/db can't be used: RuntimeError."
    assert sentence("host/db", TimeoutError()) == (
        "The database host/db does not answer: look at its server, and at the network between."
    )
