import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invokeai_answers import WHOLE, captured, damaged, events
from pydantic import TypeAdapter, ValidationError
from structlog.testing import capture_logs

from bot.domain.jobs import JobStatus
from bot.errors import InvokeAIUnavailable
from bot.invokeai import models
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Answer, read_json
from bot.invokeai.listing.rows import ListPage, Summaries
from bot.invokeai.models import Item, Status, Summary
from bot.invokeai.socket.events import SocketEvent
from bot.invokeai.socket.parsing import READERS, read_payload

READ: list[tuple[TypeAdapter[Any], tuple[str, str]]] = [
    *((TypeAdapter(Item), (name, "v6.14.2")) for name in WHOLE),
    *((TypeAdapter(Item), ("item_completed", version)) for version in ("v5.15.0", "v6.6.0", "v6.12.0")),
    (TypeAdapter(Summaries), ("item_summaries_by_ids", "v6.14.2")),
    (TypeAdapter(Summaries), ("items_by_ids", "v6.9.0")),
    (TypeAdapter(ListPage), ("list", "v5.15.0")),
    (TypeAdapter(ListPage), ("list", "v6.6.0")),
    (TypeAdapter(Status), ("queue_status_busy", "v6.14.2")),
    (TypeAdapter(models.ItemIds), ("item_ids", "v6.14.2")),
    (TypeAdapter(models.Canceled), ("cancel_by_batch_ids", "v6.14.2")),
    (TypeAdapter(models.Retried), ("retry_items_by_id", "v6.14.2")),
    (TypeAdapter(models.Deleted), ("clear", "v6.14.2")),
    (TypeAdapter(models.GroupCounts), ("batch_status", "v6.14.2")),
    (TypeAdapter(models.Login), ("mu_auth_login", "v6.14.2")),
    (TypeAdapter(models.SetupStatus), ("mu_auth_status", "v6.14.2")),
    (TypeAdapter(models.AppVersion), ("app_version", "v6.14.2")),
]
STREAMS = [("v5.15.0", "socket"), ("v6.6.0", "socket"), ("v6.14.2", "socket-good")]


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
    assert child.parent == parent.number
    assert len(child.images) == 1
    assert parent.images == child.images


@pytest.mark.parametrize(("shape", "answer"), READ, ids=["-".join(answer) for _, answer in READ])
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_a_server_answers_only_an_error_of_our_tree_comes_of_it(
    shape: TypeAdapter[Any], answer: tuple[str, str], data: st.DataObject
) -> None:
    body = damaged(data, {"body": captured(*answer)})["body"]
    sentence = ""
    try:
        read: Any = read_json(
            Answer("application/json", json.dumps(body).encode()), shape, Endpoint("http://invokeai")
        )
        for part in cast("list[object]", read if isinstance(read, list) else getattr(read, "items", [read])):
            if isinstance(part, Summary):
                part.to_job("studio")
            if isinstance(part, Status):
                part.to_status("studio")
    except InvokeAIUnavailable as error:
        sentence = str(error)
    assert len(sentence.splitlines()) < 2
    assert len(sentence) < 300


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_the_socket_tells_it_is_a_signal_or_nothing(data: st.DataObject) -> None:
    version, stream = data.draw(st.sampled_from(STREAMS))
    told = [(name, body) for name, body in events(stream, version) if name in READERS]
    name, body = data.draw(st.sampled_from(told))
    body = damaged(data, {"body": body})["body"]
    signal = read_payload(name, (body,), "studio", "default")
    assert signal is None or isinstance(signal, SocketEvent)


def summaries() -> list[dict[str, Any]]:
    return captured("item_summaries_by_ids")


def read_with(odd: dict[str, Any]) -> list[Summary]:
    first, *others = summaries()
    return TypeAdapter(Summaries).validate_json(json.dumps([first | odd, *others]))


def test_a_job_in_a_state_that_nobody_knows_yet_is_unfinished_and_read_like_any_other() -> None:
    [first, *_] = read_with({"status": "offloaded"})
    assert first.status is JobStatus.UNKNOWN
    assert not first.status.finished
    assert first.batch_id == summaries()[0]["batch_id"]


@pytest.mark.parametrize("odd", [{"created_at": None}, {"status": None}, {"batch_id": 7}])
def test_a_job_of_which_only_the_number_can_be_read_is_there_and_unknown(odd: dict[str, Any]) -> None:
    with capture_logs() as told:
        read = read_with(odd)
    assert [summary.item_id for summary in read] == [each["item_id"] for each in summaries()]
    assert read[0].status is JobStatus.UNKNOWN
    assert [line["event"] for line in told] == ["job_read_failed"]


def test_a_job_without_a_number_does_not_hide_the_others() -> None:
    with capture_logs() as told:
        read = read_with({"item_id": -1})
    assert [summary.item_id for summary in read] == [each["item_id"] for each in summaries()[1:]]
    assert [line["event"] for line in told] == ["job_read_failed"]


def test_a_list_of_anything_but_jobs_is_no_list() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Summaries).validate_json("[7]")
    with pytest.raises(ValidationError):
        TypeAdapter(Summaries).validate_json('{"detail": "no"}')


def test_a_page_may_come_bare() -> None:
    page = ListPage.model_validate(summaries())
    assert len(page.items) == len(summaries())
    assert not page.has_more


def test_redacted_jobs_of_others_can_be_read() -> None:
    for name in ("mu_item_redacted", "mu_current_redacted"):
        job = Item.model_validate(captured(name)).to_job("studio")
        assert (job.user, job.batch_id, job.images, job.interrupted) == (None, "", (), False)
        assert job.session_id is None  # else it would look like another job once the account may see more
    assert Status.model_validate(captured("mu_queue_status_nonadmin")).to_status("studio").in_progress == 1


def canceled(**changes: Any) -> dict[str, Any]:
    """A job that InvokeAI's restart canceled, as 6.6, 6.9 and 6.14 leave it; then changed."""
    item = captured("item_canceled")
    session = item["session"] | {"execution_graph": {"nodes": {}, "edges": []}, "executed": []}
    return item | {"updated_at": item["completed_at"], "session": session} | changes


def test_a_job_that_a_restart_ended_is_interrupted() -> None:
    assert Item.model_validate(canceled()).to_job("studio").interrupted


@pytest.mark.parametrize(
    "item",
    [
        lambda: captured("item_canceled"),
        lambda: canceled(updated_at="2026-11-24 05:31:47.741"),
        lambda: canceled(session=captured("item_canceled")["session"]),
        lambda: canceled(session=None),
        lambda: canceled(session={"graph": {"nodes": {}}, "execution_graph": {"nodes": {}}}),  # redacted
        lambda: canceled(started_at=None),
        lambda: canceled(completed_at=None),
        lambda: canceled(status="failed"),
        lambda: canceled(updated_at=None),
    ],
)
def test_a_job_that_a_person_cancelled_is_not_interrupted(item: Callable[[], dict[str, Any]]) -> None:
    assert not Item.model_validate(item()).to_job("studio").interrupted


def test_a_token_is_not_in_a_repr() -> None:
    assert "s3cret" not in repr(models.Login(token="s3cret", expires_in=1))


def test_a_version_is_one_line_that_steers_no_terminal() -> None:
    hostile = "6.14\x1b]0;title\x07\n✓ Token: taken\u202e\x9b2J"
    assert models.AppVersion(version=hostile).version == "6.14 ]0;title ✓ Token: taken 2J"
