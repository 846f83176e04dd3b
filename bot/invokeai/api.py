"""Which operation is which method and path on this server: its own OpenAPI document decides."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from pydantic import BaseModel

from bot.errors import OperationMissing

PLACE = re.compile(r"\{(\w+)\}")
METHODS = frozenset({"get", "put", "post", "delete", "patch"})

AUTH_STATUS = "get_setup_status_api_v1_auth_status_get"
ME = "get_current_user_info_api_v1_auth_me_get"
LOGIN = "login_api_v1_auth_login_post"


class OpenApi(BaseModel):
    """The slice of an OpenAPI document that we read; the rest (1.5 MB of schemas) is skipped unparsed."""

    paths: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a server can do. `template` is a path such as `/api/v1/queue/{queue_id}/status`."""

    name: str
    method: str
    template: str

    def path(self, values: Mapping[str, str | int]) -> str:
        """The percent-encoded path. A place in the template without a value is OperationMissing."""
        try:
            return PLACE.sub(lambda place: quote(str(values[place[1]]), safe=""), self.template)
        except KeyError as error:
            raise OperationMissing(f"This InvokeAI wants something unknown for {self.name}.") from error


class Api:
    """What one server can do, by operationId."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = dict(operations)

    @classmethod
    def from_openapi(cls, document: OpenApi) -> "Api":
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

    def __contains__(self, name: str) -> bool:
        return name in self._operations

    def operation(self, name: str) -> Operation:
        """The operation of that operationId, or OperationMissing."""
        try:
            return self._operations[name]
        except KeyError:
            raise OperationMissing(f"This InvokeAI's version can't do that ({name}).") from None
