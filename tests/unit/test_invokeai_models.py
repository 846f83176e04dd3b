import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invokeai_answers import WHOLE, captured, damaged, events, openapi
from pydantic import TypeAdapter, ValidationError

from bot.errors import InvokeAIUnavailable
from bot.events import JobStatus
from bot.invokeai import models
from bot.invokeai.models import Item, Slice, Status, Summary
from bot.invokeai.wire import Answer, read_json

# model -> its name in InvokeAI's OpenAPI, and a captured answer of it
SLICES: dict[type[Slice], tuple[str, str]] = {
    models.AppVersion: ("AppVersion", "app_version"),
    models.SetupStatus: ("SetupStatusResponse", "mu_auth_status"),
    models.Login: ("LoginResponse", "mu_auth_login"),
    models.Counts: ("SessionQueueStatus", "queue_status_busy/queue"),
    models.Processor: ("SessionProcessorStatus", "queue_status_busy/processor"),
    models.Status: ("SessionQueueAndProcessorStatus", "queue_status_busy"),
    models.ItemIds: ("ItemIdsResult", "item_ids"),
    models.Canceled: ("CancelByBatchIDsResult", "cancel_by_batch_ids"),
    models.Summary: ("SessionQueueItemSummary", "item_summaries_by_ids/0"),
    models.Item: ("SessionQueueItem", "current_in_progress"),
    models.StatusChanged: ("QueueItemStatusChangedEvent", "queue_item_status_changed"),
    models.Me: ("UserDTO", "mu_auth_login/user"),
    models.PendingCount: ("SessionQueueStatus", "queue_item_status_changed/queue_status"),
    models.InvocationProgress: ("InvocationProgressEvent", "invocation_progress"),
    models.ProgressImage: ("ProgressImage", "invocation_progress/image"),
    models.QueueEvent: ("QueueClearedEvent", "invocation_progress"),
}


def answer(place: str) -> Any:
    name, *path = place.split("/")
    if name in {"queue_item_status_changed", "invocation_progress"}:
        found = [data for event, data in events("socket-good") if event == name]
        body = next(data for data in found if data.get("image") or name != "invocation_progress")
    else:
        body = captured(name)
    for step in path:
        body = body[int(step)] if step.isdigit() else body[step]
    return body


def fields(model: type[Slice]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_every_slice_is_checked_against_captured_answers() -> None:
    assert {made for made in vars(models).values() if isinstance(made, type) and issubclass(made, Slice)} == {
        Slice,
        *SLICES,
    }


@pytest.mark.parametrize("model", SLICES)
def test_every_field_that_we_read_is_in_the_openapi_document(model: type[Slice]) -> None:
    assert fields(model) <= set(openapi()["components"]["schemas"][SLICES[model][0]]["properties"])


@pytest.mark.parametrize("model", SLICES)
def test_every_field_that_we_read_is_in_a_captured_answer(model: type[Slice]) -> None:
    read = answer(SLICES[model][1])
    assert fields(model) <= set(read)
    model.model_validate(read)


@pytest.mark.parametrize("version", ["v4.2.9", "v5.15.0", "v6.3.0", "v6.6.0", "v6.9.0", "v6.12.0", "v6.13.5"])
def test_items_of_older_servers_can_be_read(version: str) -> None:
    job = Item.model_validate(captured("item_completed", version)).to_job("studio")
    assert job.status is JobStatus.COMPLETED
    assert job.images


def test_times_are_utc() -> None:
    job = Item.model_validate(captured("item_completed")).to_job("studio")
    assert job.created_at == datetime(2026, 11, 24, 5, 31, 44, 894_000, tzinfo=UTC)
    assert job.ran is not None
    assert job.ran.total_seconds() == pytest.approx(0.385)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "yesterday", 1_795_498_362, None, ""])
def test_a_time_that_is_none_is_refused(time: object) -> None:
    read = {"item_id": 1, "status": "pending", "batch_id": "b", "created_at": time}
    with pytest.raises(ValidationError):
        Summary.model_validate(read)


@pytest.mark.parametrize("number", [-1, 2**63, "x", None, 1.5])
def test_a_number_that_no_database_takes_is_refused(number: object) -> None:
    read = {"item_id": number, "status": "pending", "batch_id": "b", "created_at": "2026-11-24 05:31:44.894"}
    with pytest.raises(ValidationError):
        Summary.model_validate(read)


@pytest.mark.parametrize(
    ("user_id", "name", "user"),
    [("system", "System", None), ("redacted", None, None), ("u1", "Alice", "Alice"), ("u1", None, "u1")],
)
def test_the_user_is_a_person_or_nobody(user_id: str, name: str | None, user: str | None) -> None:
    read = captured("item_pending") | {"user_id": user_id, "user_display_name": name}
    assert Summary.model_validate(read).to_job("studio").user == user


def test_a_stopped_processor_is_a_paused_queue() -> None:
    assert Status.model_validate(captured("queue_status_paused")).to_status("studio").paused
    assert not Status.model_validate(captured("queue_status_busy")).to_status("studio").paused


def test_only_a_failed_job_has_a_failure() -> None:
    failed = Item.model_validate(captured("item_failed_raise")).to_job("studio")
    assert failed.failure is not None
    assert failed.failure.error_type == "RuntimeError"
    assert Item.model_validate(captured("item_canceled")).to_job("studio").failure is None


def test_the_child_of_a_saved_workflow_names_its_parent() -> None:
    parent = Item.model_validate(captured("item_call_saved_workflow_parent")).to_job("studio")
    child = Item.model_validate(captured("item_call_saved_workflow_child")).to_job("studio")
    assert parent.parent is None
    assert parent.images == ()
    assert child.parent == parent.number
    assert len(child.images) == 1


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_a_server_answers_only_an_error_of_our_tree_comes_of_it(data: st.DataObject) -> None:
    body = damaged(data, captured(data.draw(st.sampled_from(WHOLE))))
    answer = Answer("application/json", json.dumps(body).encode())
    sentence = ""
    try:
        read_json(answer, TypeAdapter(Item), "http://invokeai").to_job("studio")
    except InvokeAIUnavailable as error:
        sentence = str(error)
    assert len(sentence.splitlines()) < 2
    assert len(sentence) < 300


def test_a_token_is_not_in_a_repr() -> None:
    assert "s3cret" not in repr(models.Login(token="s3cret", expires_in=1))
