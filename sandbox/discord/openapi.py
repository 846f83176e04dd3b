"""Check requests and answers against Discord's own OpenAPI document, made strict for requests.

The document is third-party data: its path is given, and nothing else in the sandbox needs it. Discord
calls it a preview, and it lacks much that Discord refuses; `rules.py` has that.
"""

import json
from pathlib import Path
from typing import Any, cast

import jsonschema_rs

from sandbox.discord.foreign import Json

Fault = tuple[tuple[str | int, ...], str]
_EDITS = (
    "MessageEditRequestPartial",
    "IncomingWebhookUpdateRequestPartial",
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial",
)
_CONTENT_FORMS = ("MessageCreateRequest", "MessageEditRequestPartial")


def _strict(node: Any) -> None:
    """Objects with named properties take no others."""
    if isinstance(node, list):
        for item in cast("list[Any]", node):
            _strict(item)
    elif isinstance(node, dict):
        schema = cast("Json", node)
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for item in schema.values():
            _strict(item)


def _for_requests(document: Json) -> Json:
    """The document as requests are checked: stricter, but for four things that Discord takes in practice."""
    _strict(document["components"]["schemas"])
    for path in document["paths"].values():
        _strict(
            [operation.get("requestBody") for method, operation in path.items() if method != "parameters"]
        )
    schemas = document["components"]["schemas"]
    # Ids may be numbers: discord.py sends attachments[].id, message_reference and allowed_mentions so.
    schemas["SnowflakeType"] = {"anyOf": [schemas["SnowflakeType"], {"type": "integer", "minimum": 0}]}
    # discord.py 2.7 sends an embed's flags, which the document has only in answers; 0 says nothing.
    schemas["RichEmbed"]["properties"]["flags"] = {"const": 0}
    # The documentation of commands has nsfw; the document has it only in answers.
    for name in ("ApplicationCommandCreateRequest", "ApplicationCommandUpdateRequest"):
        schemas[name]["properties"]["nsfw"] = {"type": "boolean"}
    # discord.py sends tts in edits too, where it says nothing.
    for name in _EDITS:
        schemas[name]["properties"]["tts"] = {"const": False}
    # The document allows 4000 (people with Nitro); a bot may send 2000.
    for name in _CONTENT_FORMS:
        schemas[name]["properties"]["content"]["maxLength"] = 2000
    return document


class OpenAPICheck:
    """`path` is Discord's openapi.json (3.1). One check may serve many sandboxes."""

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        self._document: Json = json.loads(text)
        self._registry = jsonschema_rs.Registry(
            [("urn:requests", _for_requests(json.loads(text))), ("urn:answers", self._document)]
        )
        self._validators: dict[tuple[str, str], jsonschema_rs.Validator] = {}

    def request(self, method: str, route: str, payload: Any, query: dict[str, str]) -> list[Fault]:
        """What is wrong with a request: places in its JSON body, and messages."""
        operation = self._operation(method, route)
        if operation is None:
            return [((), "this route is not in the OpenAPI document")]
        known = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        faults: list[Fault] = [((name,), "unknown query parameter") for name in query if name not in known]
        body = operation.get("requestBody")
        if body is None:
            return faults if payload is None else [*faults, ((), "this route takes no body")]
        if payload is None and not body.get("required"):
            return faults
        pointer = f"/paths/{_escaped(route)}/{method.lower()}/requestBody/content/application~1json/schema"
        return faults + self._faults("urn:requests", pointer, payload)

    def answer(self, method: str, route: str, status: int, body: Any) -> list[Fault]:
        """What is wrong with an answer of the sandbox itself."""
        operation = self._operation(method, route)
        if operation is None:
            return [((), "this route is not in the OpenAPI document")]
        responses = operation["responses"]
        key = str(status) if str(status) in responses else f"{status // 100}XX"
        if key not in responses:
            return [((), f"status {status} is not in the OpenAPI document")]
        if "$ref" in responses[key]:
            name = responses[key]["$ref"].rsplit("/", 1)[1]
            content = self._document["components"]["responses"][name].get("content")
            pointer = f"/components/responses/{name}/content/application~1json/schema"
        else:
            content = responses[key].get("content")
            pointer = (
                f"/paths/{_escaped(route)}/{method.lower()}/responses/{key}/content/application~1json/schema"
            )
        if not content:
            return [] if body is None else [((), f"status {status} has no body")]
        return self._faults("urn:answers", pointer, body)

    def _operation(self, method: str, route: str) -> Json | None:
        return self._document["paths"].get(route, {}).get(method.lower())

    def _faults(self, document: str, pointer: str, body: Any) -> list[Fault]:
        validator = self._validators.get((document, pointer))
        if validator is None:
            validator = jsonschema_rs.Draft202012Validator(
                {"$ref": f"{document}#{pointer}"}, registry=self._registry, validate_formats=True
            )
            self._validators[document, pointer] = validator
        return [(tuple(error.instance_path), error.message[:400]) for error in validator.iter_errors(body)]


def _escaped(route: str) -> str:
    """A path template as one step of a JSON pointer inside a URI."""
    return route.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
