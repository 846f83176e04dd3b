"""Which operation is which method and path on this server."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import quote, urlencode

import structlog
from pydantic import BaseModel

from bot.errors import OperationMissing

log = structlog.stdlib.get_logger()

PLACE = re.compile(r"\{(\w+)\}")
Query = Mapping[str, str | int | Sequence[str]]
"""A sequence becomes one parameter for each of its values."""
METHODS = frozenset({"get", "put", "post", "delete", "patch"})

AUTH_STATUS = "get_setup_status_api_v1_auth_status_get"
ME = "get_current_user_info_api_v1_auth_me_get"
USERS = "list_users_api_v1_auth_users_get"
LOGIN = "login_api_v1_auth_login_post"

# What a person reads when an operation is not there; all others: TOO_OLD.
SENTENCES = {
    "retry_items_by_id": "This InvokeAI can't retry jobs; it needs 5.7 or later.",
    "enqueue_batch": "This InvokeAI can't be given jobs by the bot; a newer version may.",
    "star_images_in_list": "This InvokeAI can't star images; a newer version may.",
    "unstar_images_in_list": "This InvokeAI can't star images; a newer version may.",
    "star_videos_in_list": "This InvokeAI can't star videos; a newer version may.",
    "unstar_videos_in_list": "This InvokeAI can't star videos; a newer version may.",
    "delete_videos_from_list": "This InvokeAI can't delete videos for the bot; a newer version may.",
    "add_video_to_board": "This InvokeAI can't move videos to a board; a newer version may.",
    "delete_images_from_list": "This InvokeAI can't delete images for the bot; a newer version may.",
    "list_boards": "This InvokeAI has no boards that the bot knows; a newer version may.",
    "add_images_to_board": "This InvokeAI can't move images to a board; a newer version may.",
    "empty_model_cache": "This InvokeAI can't free its memory on demand; a newer version may.",
    "list_workflows": "This InvokeAI has no saved workflows that the bot knows; a newer version may.",
    "upload_image": "This InvokeAI takes no images from the bot; a newer version may.",
    LOGIN: "This InvokeAI wants an account, but has no login that the bot knows.",
}
TOO_OLD = "This InvokeAI can't do that; a newer version may."

QUEUE = "/api/v1/queue/{queue_id}"
IMAGE = "/api/v1/images/i/{image_name}"
# "The API as documented", for servers without an OpenAPI document: methods in the order of trying.
DOCUMENTED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "app_version": (("GET",), "/api/v1/app/version"),
    "get_queue_status": (("GET",), f"{QUEUE}/status"),
    "get_current_queue_item": (("GET",), f"{QUEUE}/current"),
    "get_next_queue_item": (("GET",), f"{QUEUE}/next"),
    "get_queue_item": (("GET",), f"{QUEUE}/i/{{item_id}}"),
    "list_queue_items": (("GET",), f"{QUEUE}/list"),
    "cancel_queue_item": (("POST", "PUT", "DELETE"), f"{QUEUE}/i/{{item_id}}/cancel"),
    "clear": (("DELETE", "PUT", "POST"), f"{QUEUE}/clear"),
    "prune": (("DELETE", "PUT", "POST"), f"{QUEUE}/prune"),
    "pause": (("POST", "PUT"), f"{QUEUE}/processor/pause"),
    "resume": (("POST", "PUT"), f"{QUEUE}/processor/resume"),
    "get_image_full": (("GET",), f"{IMAGE}/full"),
    "get_image_thumbnail": (("GET",), f"{IMAGE}/thumbnail"),
    "get_image_metadata": (("GET",), f"{IMAGE}/metadata"),
}


class OpenApi(BaseModel):
    """The slice of an OpenAPI document that we read; the rest (1.5 MB of schemas) is skipped unparsed."""

    paths: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a server can do. `template` is a path such as `/api/v1/queue/{queue_id}/status`.

    `others`: methods to try in turn, should the server not take `method`.
    """

    name: str
    method: str
    template: str
    others: tuple[str, ...] = ()

    def path(self, values: Mapping[str, str | int], query: Query | None = None) -> str:
        """The percent-encoded path. A place in the template without a value is OperationMissing."""
        try:
            path = PLACE.sub(lambda place: quote(str(values[place[1]]), safe=""), self.template)
        except KeyError as error:
            log.info("operation_failed", operation=self.name, template=self.template)
            raise OperationMissing(TOO_OLD) from error
        return f"{path}?{urlencode(query, doseq=True, quote_via=quote)}" if query else path


class Operations:
    """What one server can do, by operationId. `by_document`: its OpenAPI document says so, now or once."""

    def __init__(self, operations: Mapping[str, Operation], *, by_document: bool = True) -> None:
        self._operations = dict(operations)
        self.by_document = by_document

    @classmethod
    def from_openapi(cls, document: OpenApi) -> "Operations":
        """Reads leniently: what has no operationId is not there."""
        operations: dict[str, Operation] = {}
        for template, methods in document.paths.items():
            for method, described in methods.items():
                name = (
                    cast("dict[str, Any]", described).get("operationId")
                    if isinstance(described, dict)
                    else None
                )
                if method in METHODS and isinstance(name, str):
                    operations[name] = Operation(name, method.upper(), template)
        return cls(operations)

    @classmethod
    def from_lines(cls, lines: Mapping[str, str]) -> "Operations":
        """By operationId: `PUT /api/v1/queue/{queue_id}/clear`. What is no such line is not there."""
        parts = {name: line.partition(" ") for name, line in lines.items()}
        return cls(
            {
                name: Operation(name, method, template)
                for name, (method, _, template) in parts.items()
                if method.lower() in METHODS and template.startswith("/")
            }
        )

    def to_lines(self) -> dict[str, str]:
        return {name: f"{one.method} {one.template}" for name, one in self._operations.items()}

    @classmethod
    def documented(cls) -> "Operations":
        """What InvokeAI's API is said to be, for a server that has no document to ask."""
        operations = {
            name: Operation(name, methods[0], template, methods[1:])
            for name, (methods, template) in DOCUMENTED.items()
        }
        return cls(operations, by_document=False)

    def __contains__(self, name: str) -> bool:
        return name in self._operations

    def operation(self, name: str) -> Operation:
        """The operation of that operationId, or OperationMissing."""
        try:
            return self._operations[name]
        except KeyError:
            log.info("operation_missing", operation=name)
            raise OperationMissing(SENTENCES.get(name, TOO_OLD)) from None

    def drop_method(self, operation: Operation) -> bool:
        """Its method is not allowed here: from now on the next one counts. False if there is none."""
        if not operation.others:
            return False
        if self._operations[operation.name] == operation:  # else somebody else has just met the same 405
            method, *others = operation.others
            self._operations[operation.name] = replace(operation, method=method, others=tuple(others))
        return True
