"""What each InvokeAI can do and how it says it: one frozen table of traits for each version."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from sandbox.invokeai.operation_sets import (
    AUTH,
    BOARDS,
    IMAGES,
    QUEUE,
    QUEUE_5_15,
    QUEUE_6_6,
    QUEUE_6_9,
    VIDEOS,
    WORKFLOWS,
)

Routing = Literal["queue", "twice", "once"]
UserCounts = Literal["absent", "of non-admins", "of everyone"]

_INVOCATIONS = ("invocation_started", "invocation_progress", "invocation_complete", "invocation_error")
_WITH_USER = (*_INVOCATIONS, "queue_item_status_changed", "batch_enqueued")

_ITEM = (
    "item_id",
    "status",
    "priority",
    "batch_id",
    "origin",
    "destination",
    "session_id",
    "error_type",
    "error_message",
    "error_traceback",
    "created_at",
    "updated_at",
    "started_at",
    "completed_at",
    "queue_id",
    "field_values",
    "retried_from_item_id",
)
_USER = ("user_id", "user_display_name", "user_email")
_CALL = (
    "workflow_call_id",
    "parent_item_id",
    "parent_session_id",
    "root_item_id",
    "workflow_call_depth",
)
_SESSION = (
    "id",
    "graph",
    "execution_graph",
    "executed",
    "executed_history",
    "results",
    "errors",
    "prepared_source_mapping",
    "source_prepared_mapping",
)
_SESSION_6_14 = (
    *_SESSION,
    "workflow_call_stack",
    "workflow_call_history",
    "workflow_call_parent",
    "waiting_workflow_call",
    "waiting_workflow_call_execution",
    "waiting_workflow_call_child_session",
    "max_workflow_call_depth",
    "prepared_iteration_paths",
    "ready_order",
    "indegree",
)


def _pairs(events: tuple[str, ...], *names: str) -> frozenset[tuple[str, str]]:
    return frozenset((event, name) for event in events for name in names)


_NO_DEVICE = _pairs(("invocation_progress",), "device")
_NO_OWNER = _pairs(("queue_cleared",), "user_id")
_NO_USER = _pairs(_WITH_USER, "user_id") | _pairs(("queue_item_status_changed",), "status_sequence")


@dataclass(frozen=True)
class Version:
    """`number` is what app/version and the metadata say. The defaults are those of 6.14.2."""

    name: str
    number: str
    operations: frozenset[str]
    verbs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    """By operationId, where a verb differs from InvokeAI's own."""

    has_openapi: bool = True
    has_web_app: bool = True
    """An unknown path answers GET with a page and 200; without it 404 JSON."""
    unknown_path_takes_any_verb: bool = False
    """404 for every verb on an unknown path; else 405 for all but GET and HEAD."""
    tells_allowed_verbs: bool = True
    tells_affected_boards: bool = True
    """After images were starred, deleted or moved; before, the fields' names were others too."""
    has_highlights: bool = False

    item_fields: tuple[str, ...] = (*_ITEM, "status_sequence", *_USER, "device", *_CALL)
    session_fields: tuple[str, ...] = _SESSION_6_14
    image_has_subfolder: bool = True
    counts_waiting: bool = True
    user_counts: UserCounts = "of everyone"

    list_has_sessions: bool = True
    list_by_priority: bool = True
    """By priority, with the lost filters of the cursor's SQL; else by item_id alone, filters kept."""

    enqueue_names_items: bool = True
    names_items_oldest_first: bool = False
    strips_missing_results: bool = False
    """A whole item has no result whose image or video was deleted since."""
    unknown_item_breaks: bool = False
    """500 in plain text, where later ones answer 404."""
    item_belongs_to_queue: bool = True
    """Without it an item is found by its id alone, whatever queue the path names."""
    prunes_at_start: bool = False
    limits_history: bool = True
    counts_running_canceled: bool = True
    """Whether the count of a bulk cancel holds the running job."""

    cancels_finished: bool = False
    """A cancel of a finished job makes it canceled, and tells so; later ones leave it as it is."""

    has_accounts: bool = True
    has_token_epochs: bool = True
    """A user's JSON counts the revocations, and one closes the sockets."""
    guards_images: bool = True
    """Image files need a login, lists hold one's own images, strangers' names are skipped. Without it files
    are open, lists hold everyone's, and a stranger's name is refused with 403.
    """
    has_workflow_calls: bool = True
    """And videos: both came with 6.14."""
    has_devices: bool = True

    routing: Routing = "once"
    """Who hears an event: the queue's room; or owner's and admins' rooms, one emit each, or one for both."""
    joins_rooms_at_once: bool = True
    """With the connection; else with the first subscription."""
    tells_bulk_cancels: bool = True
    tells_retries: bool = True
    event_fields_absent: frozenset[tuple[str, str]] = frozenset()
    event_nulls: tuple[tuple[str, str], ...] = ()
    """Fields that are there and always null."""


V6_14_2 = Version(
    name="6.14.2",
    number="6.14.2",
    operations=QUEUE_6_9
    | IMAGES
    | VIDEOS
    | BOARDS
    | WORKFLOWS
    | AUTH
    | {"get_queue_item_summaries_by_ids", "app_version"},
)
V7_0_0 = replace(
    V6_14_2, name="7.0.0", number="7.0.0", names_items_oldest_first=True, strips_missing_results=True
)
"""By the source of InvokeAI-7 (commit 6a8e8f3 of 22 August 2026), which was never run for it."""
V6_13_5 = replace(
    V6_14_2,
    name="6.13.5",
    number="6.13.5",
    operations=QUEUE_6_9 | IMAGES | BOARDS | WORKFLOWS | AUTH | {"app_version"},
    item_fields=(*_ITEM, "status_sequence", *_USER),
    session_fields=(*_SESSION, "ready_order", "indegree"),
    counts_waiting=False,
    user_counts="of non-admins",
    counts_running_canceled=False,
    has_workflow_calls=False,
    has_devices=False,
    has_token_epochs=False,
    guards_images=False,
    routing="twice",
    joins_rooms_at_once=False,
    tells_bulk_cancels=False,
    tells_retries=False,
    event_fields_absent=_NO_DEVICE | _NO_OWNER,
)
V6_9_0 = replace(
    V6_13_5,
    name="6.9.0",
    number="6.9.0",
    operations=QUEUE_6_9 | IMAGES | BOARDS | WORKFLOWS | {"app_version"},
    has_web_app=False,
    item_fields=_ITEM,
    session_fields=_SESSION,
    image_has_subfolder=False,
    user_counts="absent",
    limits_history=False,
    has_accounts=False,
    routing="queue",
    event_fields_absent=_NO_DEVICE | _NO_OWNER | _NO_USER,
)
V6_6_0 = replace(
    V6_9_0,
    name="6.6.0",
    number="6.6.0",
    operations=QUEUE_6_6 | IMAGES | BOARDS | WORKFLOWS | {"app_version"},
    tells_allowed_verbs=False,
    has_highlights=True,
    item_belongs_to_queue=False,
    item_fields=(*_ITEM, "is_api_validation_run", "published_workflow_id", "credits"),
    event_nulls=(
        ("queue_item_status_changed", "credits"),
        ("invocation_error", "user_id"),
        ("invocation_error", "project_id"),
    ),
)
V5_15_0 = replace(
    V6_6_0,
    name="5.15.0",
    number="5.15.0",
    operations=QUEUE_5_15 | IMAGES | BOARDS | WORKFLOWS | {"app_version"},
    item_fields=(*V6_6_0.item_fields, "api_input_fields", "api_output_fields"),
    list_has_sessions=False,
    tells_affected_boards=False,
    enqueue_names_items=False,
    unknown_item_breaks=True,
    cancels_finished=True,
    prunes_at_start=True,
    counts_running_canceled=True,
)
DOCUMENTED = replace(
    V6_14_2,
    name="documented",
    operations=QUEUE | IMAGES | {"list_queue_items"},
    verbs=MappingProxyType(
        {
            "cancel_queue_item": "POST",
            "clear": "DELETE",
            "prune": "DELETE",
            "pause": "POST",
            "resume": "POST",
        }
    ),
    has_openapi=False,
    has_web_app=False,
    unknown_path_takes_any_verb=True,
    list_has_sessions=False,
    list_by_priority=False,
    has_accounts=False,
    has_workflow_calls=False,
)
VERSIONS: Mapping[str, Version] = MappingProxyType(
    {version.name: version for version in (V5_15_0, V6_6_0, V6_9_0, V6_13_5, V6_14_2, V7_0_0, DOCUMENTED)}
)
"""By name: five releases, one to come, and the API as the project's first documents describe it."""
