from typing import Any

import pytest

from bot.errors import OperationMissing
from bot.invokeai.api import Api, OpenApi

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


def api() -> Api:
    return Api.from_openapi(OpenApi.model_validate(DOCUMENT))


def test_an_operation_has_the_servers_own_method_and_path() -> None:
    operation = api().operation("cancel_queue_item")
    assert operation.method == "PUT"
    assert operation.path({"queue_id": "default", "item_id": 812}) == "/api/v1/queue/default/i/812/cancel"


def test_what_goes_into_a_path_can_not_leave_its_place() -> None:
    path = api().operation("cancel_queue_item").path({"queue_id": "../x?y#z", "item_id": 1})
    assert path == "/api/v1/queue/..%2Fx%3Fy%23z/i/1/cancel"


def test_an_absent_operation_is_missing() -> None:
    assert "retry_items_by_id" not in api()
    with pytest.raises(OperationMissing, match="retry_items_by_id"):
        api().operation("retry_items_by_id")


def test_a_place_that_we_can_not_fill_makes_the_operation_missing() -> None:
    with pytest.raises(OperationMissing):
        api().operation("cancel_queue_item").path({"queue_id": "default"})


@pytest.mark.parametrize("name", ["no_method", "7", ""])
def test_what_is_no_operation_is_not_there(name: str) -> None:
    assert name not in api()
