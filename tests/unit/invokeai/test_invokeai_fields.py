"""Each field that we read is one that InvokeAI sends: by version, from its own captured answers."""

from typing import Any

import pytest
from invokeai_answers import NEWEST, VERSIONS, captured, events, openapi, streams

from bot.invokeai import gallery_models, models
from bot.invokeai.listing import rows as lists
from bot.invokeai.models import Slice
from bot.invokeai.socket import parsing as socket_models
from bot.invokeai.workflows import models as workflow_models

# model -> its name in InvokeAI's OpenAPI document
SCHEMAS: dict[type[Slice], str] = {
    models.AppVersion: "AppVersion",
    models.SetupStatus: "SetupStatusResponse",
    models.Login: "LoginResponse",
    models.Me: "UserDTO",
    models.Counts: "SessionQueueStatus",
    models.ProcessorState: "SessionProcessorStatus",
    models.Status: "SessionQueueAndProcessorStatus",
    models.ItemIds: "ItemIdsResult",
    models.Canceled: "CancelByBatchIDsResult",
    models.Deleted: "ClearResult",
    models.Retried: "RetryItemsResult",
    models.GroupCounts: "BatchStatus",
    models.Summary: "SessionQueueItemSummary",
    models.Item: "SessionQueueItem",
    models.EnqueueResult: "EnqueueBatchResult",
    models.NewBatch: "Batch",
    gallery_models.ImageRecord: "ImageDTO",
    gallery_models.BoardRecord: "BoardDTO",
    gallery_models.DeletedImages: "DeleteImagesResult",
    gallery_models.DeletedVideos: "DeleteVideosResult",
    models.Person: "UserDTO",
    gallery_models.UploadedImage: "ImageDTO",
    workflow_models.WorkflowListItem: "WorkflowRecordListItemWithThumbnailDTO",
    workflow_models.WorkflowPage: "PaginatedResults_WorkflowRecordListItemWithThumbnailDTO_",
    workflow_models.WorkflowRecord: "WorkflowRecordWithThumbnailDTO",
    workflow_models.ExpandedPrompts: "DynamicPromptsResponse",
    lists.Listed: "SessionQueueItem",
    socket_models.StatusChanged: "QueueItemStatusChangedEvent",
    socket_models.Unfinished: "SessionQueueStatus",
    socket_models.BatchStatus: "BatchStatus",
    socket_models.InvocationProgress: "InvocationProgressEvent",
    socket_models.ProgressImage: "ProgressImage",
    socket_models.QueueEvent: "QueueClearedEvent",
}
UNCAPTURED: set[type[Slice]] = {
    gallery_models.DeletedVideos,
    models.Person,
}  # from the OpenAPI document
RETIRED: set[type[Slice]] = {lists.ListPage}  # InvokeAI 6.7 took the list away, and 6.14 its schema

OLD: dict[type[Slice], tuple[str, ...]] = {
    models.AppVersion: ("app_version",),
    models.Counts: ("queue_status_idle/queue",),
    models.ProcessorState: ("queue_status_idle/processor",),
    models.Status: ("queue_status_idle",),
    models.Canceled: ("x_PUT_cancel_all_except_current",),
    models.Deleted: ("clear", "prune"),
    models.Retried: ("x_PUT_retry_items_by_id",),
    models.Summary: ("list/items/0",),
    models.Item: ("item_completed", "item_failed", "list/items/0"),
    models.EnqueueResult: ("enqueue_batch",),
    models.NewBatch: ("enqueue_batch/batch",),
    lists.Listed: ("list/items/0",),
    lists.ListPage: ("list",),
    socket_models.StatusChanged: ("@queue_item_status_changed",),
    socket_models.Unfinished: ("@queue_item_status_changed/queue_status",),
    socket_models.BatchStatus: ("@queue_item_status_changed/batch_status",),
    socket_models.InvocationProgress: ("@invocation_progress",),
    socket_models.ProgressImage: ("@invocation_progress/image",),
    socket_models.QueueEvent: ("@batch_enqueued",),
}
MIDDLE: dict[type[Slice], tuple[str, ...]] = {
    models.Counts: ("queue_status_busy/queue",),
    models.ProcessorState: ("queue_status_busy/processor",),
    models.Status: ("queue_status_busy",),
    models.ItemIds: ("item_ids",),
    models.Summary: ("items_by_ids/0",),
    models.Item: ("current_in_progress", "item_completed"),
    models.EnqueueResult: ("enqueue_batch",),
    models.NewBatch: ("enqueue_batch/batch",),
}
NEW: dict[type[Slice], tuple[str, ...]] = {
    **MIDDLE,
    models.AppVersion: ("app_version",),
    models.SetupStatus: ("mu_auth_status",),
    models.Login: ("mu_auth_login",),
    models.Me: ("mu_auth_login/user",),
    models.Canceled: ("cancel_by_batch_ids", "cancel_by_destination", "cancel_all_except_current"),
    models.Deleted: ("clear", "prune"),
    models.Retried: ("retry_items_by_id",),
    models.GroupCounts: ("batch_status",),
    models.Summary: ("item_summaries_by_ids/0",),
    gallery_models.ImageRecord: ("image_dto",),
    gallery_models.BoardRecord: ("boards_list/0",),
    gallery_models.DeletedImages: ("images_delete_list",),
    gallery_models.UploadedImage: ("image_upload",),
    workflow_models.WorkflowListItem: ("workflows_list_default/items/0",),
    workflow_models.WorkflowPage: ("workflows_list_default",),
    workflow_models.WorkflowRecord: ("workflow_get_callable",),
    workflow_models.ExpandedPrompts: ("dynamic_prompts",),
    socket_models.StatusChanged: ("@queue_item_status_changed",),
    socket_models.Unfinished: ("@queue_item_status_changed/queue_status",),
    socket_models.BatchStatus: ("@queue_item_status_changed/batch_status",),
    socket_models.InvocationProgress: ("@invocation_progress",),
    socket_models.ProgressImage: ("@invocation_progress/image",),
    socket_models.QueueEvent: ("@batch_enqueued", "@queue_cleared"),
}
SOURCES = {
    version: OLD if version in {"v5.15.0", "v6.3.0", "v6.6.0"} else NEW if version == NEWEST else MIDDLE
    for version in VERSIONS
}

USER = {"user_id", "user_display_name"}  # from 6.12
CALLED = {"device", "parent_item_id"}  # from 6.14
WITHOUT_ACCOUNTS: dict[type[Slice], set[str]] = {
    models.Counts: {"waiting"},
    models.Summary: USER | CALLED,
    models.Item: USER | CALLED,
}
OLDEST: dict[type[Slice], set[str]] = {
    **WITHOUT_ACCOUNTS,
    lists.Listed: USER | CALLED,
    socket_models.Unfinished: {"waiting"},
    socket_models.BatchStatus: {"waiting"},
}
# What a version does not send yet.
NOT_YET: dict[str, dict[type[Slice], set[str]]] = {
    "v5.15.0": {
        **OLDEST,
        models.Item: USER | CALLED | {"workflow"},  # the captured jobs have none, and nulls are left out
        models.EnqueueResult: {"item_ids"},
    },
    "v6.3.0": OLDEST,
    "v6.6.0": OLDEST,
    "v6.9.0": WITHOUT_ACCOUNTS,
    "v6.12.0": {models.Counts: {"waiting"}, models.Summary: CALLED, models.Item: CALLED},
    "v6.13.5": {models.Counts: {"waiting"}, models.Summary: CALLED, models.Item: CALLED},
    NEWEST: {},
}
READ = {*SCHEMAS, *RETIRED}
RENAMED = {
    gallery_models.Starred,
    gallery_models.Moved,
}  # their field has had several names; test_invokeai_gallery_calls has each
CASES = [(version, model) for version in VERSIONS for model in SOURCES[version]]


def answers(place: str, version: str) -> list[Any]:
    """The captured answers at that place; `@event/field` is in any socket stream of the version."""
    name, *path = place.split("/")
    if name.startswith("@"):
        found = [
            data
            for stream in streams(version)
            for event, data in events(stream, version)
            if event == name[1:]
        ]
    else:
        found = [captured(name, version)]
    for step in path:
        found = [body[int(step)] if step.isdigit() else body[step] for body in found]
    return [body for body in found if body is not None]


def fields(model: type[Slice]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def sent(model: type[Slice], version: str) -> set[str]:
    places = SOURCES[version].get(model, ())
    return {key for place in places for body in answers(place, version) for key in body}


def test_every_model_is_checked() -> None:
    modules = (models, gallery_models, workflow_models, lists, socket_models)
    defined = {made for module in modules for made in vars(module).values() if isinstance(made, type)}
    assert {made for made in defined if issubclass(made, Slice) and made is not Slice} == READ | RENAMED


@pytest.mark.parametrize("model", SCHEMAS)
def test_every_field_that_we_read_is_in_the_openapi_document(model: type[Slice]) -> None:
    assert fields(model) <= set(openapi()["components"]["schemas"][SCHEMAS[model]]["properties"])


@pytest.mark.parametrize(("version", "model"), CASES)
def test_every_field_that_we_read_was_sent_by_that_version_or_is_known_to_be_younger(
    version: str, model: type[Slice]
) -> None:
    assert fields(model) - sent(model, version) == NOT_YET[version].get(model, set()) & fields(model)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_said_to_be_younger_is_a_field_that_we_read(version: str) -> None:
    for model, younger in NOT_YET[version].items():
        assert model in SOURCES[version]
        assert younger <= fields(model)


@pytest.mark.parametrize("model", [one for one in (*SCHEMAS, *RETIRED) if one not in UNCAPTURED])
def test_every_field_that_we_read_was_sent_by_some_version(model: type[Slice]) -> None:
    inherited = {name for base in model.__bases__ if issubclass(base, Slice) for name in fields(base)}
    assert fields(model) - inherited <= set[str]().union(*(sent(model, version) for version in VERSIONS))


@pytest.mark.parametrize(("version", "model"), CASES)
def test_every_captured_answer_can_be_read(version: str, model: type[Slice]) -> None:
    for place in SOURCES[version][model]:
        found = answers(place, version)
        assert found
        for body in found:
            model.model_validate(body)
