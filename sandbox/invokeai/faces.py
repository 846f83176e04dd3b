"""A queue item's JSON faces: whole, alone, listed, in short; and what a stranger sees of it."""

from collections.abc import Callable
from typing import Any, cast

from sandbox.invokeai.item import Item, without_nulls
from sandbox.invokeai.session import Session
from sandbox.invokeai.users import User
from sandbox.invokeai.versions import Version

Json = dict[str, Any]
HIDDEN: Json = {
    "user_id": "redacted",
    "user_display_name": None,
    "user_email": None,
    "batch_id": "redacted",
    "session_id": "redacted",
    "origin": None,
    "destination": None,
    "priority": 0,
    "field_values": None,
    "retried_from_item_id": None,
    "workflow_call_id": None,
    "parent_item_id": None,
    "parent_session_id": None,
    "root_item_id": None,
    "workflow_call_depth": None,
    "workflow": None,
    "error_type": None,
    "error_message": None,
    "error_traceback": None,
}


class Faces:
    """In the fields of this version. `viewer` is who asks. `exists`: whether a file of that name is there."""

    def __init__(self, version: Version, new_id: Callable[[], str], exists: Callable[[str], bool]) -> None:
        self._version = version
        self._new_id = new_id
        self._exists = exists

    def whole(self, item: Item, viewer: User) -> Json:
        """With session and nulls, as current, next, items_by_ids and cancel answer."""
        return self._shown(item, viewer, {**self._fields(item), **self._contents(item)})

    def alone(self, item: Item, viewer: User) -> Json:
        """As `i/{id}` answers: without the nulls."""
        return without_nulls(self.whole(item, viewer))

    def listed(self, item: Item, viewer: User) -> Json:
        if self._version.list_has_sessions:
            return self.whole(item, viewer)
        return self._shown(item, viewer, self._fields(item))

    def summary(self, item: Item, viewer: User) -> Json:
        fields = _fields(item)
        names = (
            "item_id",
            "created_at",
            "status",
            "device",
            "started_at",
            "completed_at",
            "origin",
            "destination",
            "batch_id",
            "user_id",
            "user_display_name",
            "user_email",
            "field_values",
            "parent_item_id",
        )
        return self._shown(item, viewer, {name: fields[name] for name in names})

    def _fields(self, item: Item) -> Json:
        fields = _fields(item)
        return {name: fields[name] for name in self._version.item_fields}

    def _contents(self, item: Item) -> Json:
        session = self._session(item.session)
        if self._version.strips_missing_results:
            session |= {"results": self._still_there(session["results"])}
        return {"session": session, "workflow": item.workflow}

    def _still_there(self, results: Json) -> Json:
        """Without the outputs whose files were deleted; of a collection without those items."""
        kept: Json = {}
        for node_id, output in results.items():
            if any(self._is_lost(output.get(field)) for field in ("image", "video")):
                continue
            listed = (
                cast("list[Any]", output["collection"]) if isinstance(output.get("collection"), list) else []
            )
            left = [each for each in listed if not self._is_lost(each)]
            if len(left) == len(listed):
                kept[node_id] = output
            elif left:
                kept[node_id] = output | {"collection": left}
        return kept

    def _is_lost(self, field: object) -> bool:
        """Whether it names a file that is not there any more."""
        named = cast("Json", field) if isinstance(field, dict) else {}
        name = named.get("image_name") or named.get("video_name")
        return name is not None and not self._exists(name)

    def _session(self, session: Json) -> Json:
        return {name: session[name] for name in self._version.session_fields}

    def _shown(self, item: Item, viewer: User, fields: Json) -> Json:
        if viewer.may_see(item.user):
            return fields
        shown = {name: HIDDEN.get(name, value) for name, value in fields.items()}
        if "session" in shown:
            nothing: Json = {"id": self._new_id(), "nodes": {}, "edges": []}
            shown["session"] = self._session(
                Session("redacted", nothing, self._new_id(), self._new_id).as_json()
            )
        return shown


def _fields(item: Item) -> Json:
    """Everything that any version tells of an item, but session and workflow."""
    return {
        "item_id": item.item_id,
        "status": item.status,
        "status_sequence": item.status_sequence,
        "priority": item.priority,
        "batch_id": item.batch_id,
        "origin": item.origin,
        "destination": item.destination,
        "session_id": item.session_id,
        "error_type": item.error_type,
        "error_message": item.error_message,
        "error_traceback": item.error_traceback,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "started_at": item.started_at,
        "completed_at": item.completed_at,
        "queue_id": item.queue_id,
        "user_id": item.user.user_id,
        "user_display_name": item.user.display_name,
        "user_email": item.user.email,
        "field_values": item.field_values,
        "retried_from_item_id": item.retried_from_item_id,
        "device": item.device,
        "workflow_call_id": item.workflow_call_id,
        "parent_item_id": item.parent_item_id,
        "parent_session_id": item.parent_session_id,
        "root_item_id": item.root_item_id,
        "workflow_call_depth": item.workflow_call_depth,
        "is_api_validation_run": False,
        "published_workflow_id": None,
        "api_input_fields": None,
        "api_output_fields": None,
        "credits": None,
    }
