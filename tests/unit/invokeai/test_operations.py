from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.errors import OperationMissing
from bot.invokeai.operations import OpenApi, Operations

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/api/v1/queue/{queue_id}/i/{item_id}/cancel": {
            "parameters": [],
            "put": {"operationId": "cancel_queue_item"},
            "x-made-up": {"operationId": "no_method"},
        },
        "/nameless": {"get": {}},
        "/odd": {"get": {"operationId": 7}, "post": "text"},
    }
}


def api() -> Operations:
    return Operations.from_openapi(OpenApi.model_validate(DOCUMENT))


def test_an_operation_has_the_servers_own_method_and_path() -> None:
    operation = api().operation("cancel_queue_item")
    assert operation.method == "PUT"
    assert operation.path({"queue_id": "default", "item_id": 812}) == "/api/v1/queue/default/i/812/cancel"


def test_what_goes_into_a_path_can_not_leave_its_place() -> None:
    path = api().operation("cancel_queue_item").path({"queue_id": "../x?y#z", "item_id": 1})
    assert path == "/api/v1/queue/..%2Fx%3Fy%23z/i/1/cancel"


def test_an_absent_operation_is_missing() -> None:
    assert "retry_items_by_id" not in api()
    with capture_logs() as told, pytest.raises(OperationMissing) as raised:
        api().operation("retry_items_by_id")
    assert str(raised.value) == "This InvokeAI can't retry jobs; it needs 5.7 or later."
    assert [(line["event"], line["operation"]) for line in told] == [
        ("operation_missing", "retry_items_by_id")
    ]


@pytest.mark.parametrize("name", ["prune", "get_image_thumbnail", "no_such_thing"])
def test_a_person_never_reads_an_operations_id(name: str) -> None:
    with pytest.raises(OperationMissing) as raised:
        api().operation(name)
    assert "_" not in str(raised.value)
    assert name not in str(raised.value)


def test_a_query_is_percent_encoded() -> None:
    operation = api().operation("cancel_queue_item")
    values = {"queue_id": "default", "item_id": 1}
    assert operation.path(values, {"destination": "a b&c=d/é", "limit": 5}).endswith(
        "/cancel?destination=a%20b%26c%3Dd%2F%C3%A9&limit=5"
    )


def test_a_documented_operation_has_methods_to_try_until_one_is_allowed() -> None:
    documented = Operations.documented()
    post = documented.operation("cancel_queue_item")
    assert (post.method, post.others) == ("POST", ("PUT", "DELETE"))
    assert documented.drop_method(post)
    put = documented.operation("cancel_queue_item")
    assert (put.method, put.others) == ("PUT", ("DELETE",))
    assert documented.drop_method(put)
    delete = documented.operation("cancel_queue_item")
    assert (delete.method, delete.others) == ("DELETE", ())
    assert not documented.drop_method(delete)
    assert not documented.by_document
    assert Operations.documented().operation("cancel_queue_item") == post


def test_two_who_met_the_same_refusal_drop_the_method_once() -> None:
    documented = Operations.documented()
    post = documented.operation("cancel_queue_item")
    assert documented.drop_method(post)
    assert documented.drop_method(post)
    assert documented.operation("cancel_queue_item").method == "PUT"


def test_a_place_that_we_can_not_fill_makes_the_operation_missing() -> None:
    with pytest.raises(OperationMissing):
        api().operation("cancel_queue_item").path({"queue_id": "default"})


@pytest.mark.parametrize("name", ["no_method", "7", ""])
def test_what_is_no_operation_is_not_there(name: str) -> None:
    assert name not in api()
