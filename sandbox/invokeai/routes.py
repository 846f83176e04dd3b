"""The route table: operationId, verb and path as InvokeAI names them, and the OpenAPI page made from it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from aiohttp import web

from sandbox.invokeai.auth_routes import Gate
from sandbox.invokeai.board_routes import BoardRoutes
from sandbox.invokeai.faults import page
from sandbox.invokeai.image_routes import ImageRoutes
from sandbox.invokeai.operations import answer, not_allowed, not_found
from sandbox.invokeai.queue_routes import QueueRoutes
from sandbox.invokeai.versions import Version
from sandbox.invokeai.video_routes import VideoRoutes
from sandbox.invokeai.workflows import WorkflowRoutes

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Json = dict[str, Any]
QUEUE = "/api/v1/queue/{queue_id}"
AUTH = "/api/v1/auth"
IMAGES = "/api/v1/images"
BOARDS = "/api/v1/boards"
BOARD_IMAGES = "/api/v1/board_images"
IMAGE = IMAGES + "/i/{image_name}"
VIDEOS = "/api/v1/videos"
WORKFLOWS = "/api/v1/workflows"
VIDEO = VIDEOS + "/i/{video_name}"
FILES = {"get_image_full", "get_image_full_head", "get_image_thumbnail"}


@dataclass(frozen=True)
class Operation:
    operation_id: str
    method: str
    path: str
    handler: Handler
    query: tuple[str, ...] = ()
    is_open: bool = False
    """Answers without a login."""


class Rooms(NamedTuple):
    queue: QueueRoutes
    images: ImageRoutes
    videos: VideoRoutes
    boards: BoardRoutes
    workflows: WorkflowRoutes


def table(rooms: Rooms, gate: Gate, version: Version) -> list[Operation]:
    """The operations of this version, with its verbs."""
    return [
        replace(
            operation,
            method=version.verbs.get(operation.operation_id, operation.method),
            is_open=operation.is_open or (operation.operation_id in FILES and not version.guards_images),
        )
        for operation in [
            *_of_the_queue(rooms.queue),
            *_of_images(rooms.images),
            *_of_boards(rooms.boards),
            *_of_accounts(gate),
            *_of_videos(rooms.videos),
            *_of_workflows(rooms.workflows),
        ]
        if operation.operation_id in version.operations
    ]


def _of_videos(videos: VideoRoutes) -> list[Operation]:
    return [
        Operation("delete_videos_from_list", "POST", f"{VIDEOS}/delete", videos.delete_many),
        Operation("star_videos_in_list", "POST", f"{VIDEOS}/star", videos.star),
        Operation("unstar_videos_in_list", "POST", f"{VIDEOS}/unstar", videos.unstar),
        Operation("add_video_to_board", "POST", f"{VIDEOS}/board", videos.move),
        Operation("get_video_dto", "GET", VIDEO, videos.dto),
        Operation("delete_video", "DELETE", VIDEO, videos.delete),
        Operation("get_video_metadata", "GET", f"{VIDEO}/metadata", videos.metadata),
        Operation("get_video_full_head", "HEAD", f"{VIDEO}/full", videos.full),
        Operation("get_video_full", "GET", f"{VIDEO}/full", videos.full),
        Operation("get_video_thumbnail", "GET", f"{VIDEO}/thumbnail", videos.thumbnail),
    ]


def _of_workflows(workflows: WorkflowRoutes) -> list[Operation]:
    listing = ("page", "per_page", "order_by", "direction", "categories", "query")
    return [
        Operation("list_workflows", "GET", f"{WORKFLOWS}/", workflows.listed, listing),
        Operation("create_workflow", "POST", f"{WORKFLOWS}/", workflows.create),
        Operation("get_workflow", "GET", WORKFLOWS + "/i/{workflow_id}", workflows.one),
    ]


def _of_the_queue(queue: QueueRoutes) -> list[Operation]:
    return [
        Operation("enqueue_batch", "POST", f"{QUEUE}/enqueue_batch", queue.enqueue_batch),
        Operation(
            "list_queue_items",
            "GET",
            f"{QUEUE}/list",
            queue.listed,
            ("limit", "status", "cursor", "priority"),
        ),
        Operation("list_all_queue_items", "GET", f"{QUEUE}/list_all", queue.list_all, ("destination",)),
        Operation("get_queue_item_ids", "GET", f"{QUEUE}/item_ids", queue.item_ids, ("order_dir",)),
        Operation("get_queue_items_by_item_ids", "POST", f"{QUEUE}/items_by_ids", queue.items_by_ids),
        Operation(
            "get_queue_item_summaries_by_ids",
            "POST",
            f"{QUEUE}/item_summaries_by_ids",
            queue.summaries_by_ids,
        ),
        Operation("resume", "PUT", f"{QUEUE}/processor/resume", queue.resume),
        Operation("pause", "PUT", f"{QUEUE}/processor/pause", queue.pause),
        Operation(
            "cancel_all_except_current",
            "PUT",
            f"{QUEUE}/cancel_all_except_current",
            queue.cancel_all_except_current,
        ),
        Operation(
            "delete_all_except_current",
            "PUT",
            f"{QUEUE}/delete_all_except_current",
            queue.delete_all_except_current,
        ),
        Operation("clear", "PUT", f"{QUEUE}/clear", queue.clear),
        Operation("prune", "PUT", f"{QUEUE}/prune", queue.prune),
        Operation("get_current_queue_item", "GET", f"{QUEUE}/current", queue.current),
        Operation("get_next_queue_item", "GET", f"{QUEUE}/next", queue.next),
        Operation("get_queue_status", "GET", f"{QUEUE}/status", queue.status),
        Operation("get_batch_status", "GET", QUEUE + "/b/{batch_id}/status", queue.batch_status),
        *_of_items(queue),
    ]


def _of_items(queue: QueueRoutes) -> list[Operation]:
    one = QUEUE + "/i/{item_id}"
    destination = ("destination",)
    return [
        Operation("cancel_by_batch_ids", "PUT", f"{QUEUE}/cancel_by_batch_ids", queue.cancel_by_batch_ids),
        Operation(
            "cancel_by_destination",
            "PUT",
            f"{QUEUE}/cancel_by_destination",
            queue.cancel_by_destination,
            destination,
        ),
        Operation("retry_items_by_id", "PUT", f"{QUEUE}/retry_items_by_id", queue.retry),
        Operation("get_queue_item", "GET", one, queue.item),
        Operation("delete_queue_item", "DELETE", one, queue.delete_item),
        Operation("cancel_queue_item", "PUT", f"{one}/cancel", queue.cancel_item),
        Operation(
            "counts_by_destination",
            "GET",
            f"{QUEUE}/counts_by_destination",
            queue.counts_by_destination,
            destination,
        ),
        Operation("delete_by_destination", "DELETE", QUEUE + "/d/{destination}", queue.delete_by_destination),
    ]


def _of_images(images: ImageRoutes) -> list[Operation]:
    listing = ("is_intermediate", "offset", "limit", "order_dir", "starred_first")
    return [
        Operation("app_version", "GET", "/api/v1/app/version", images.version, is_open=True),
        Operation("list_image_dtos", "GET", f"{IMAGES}/", images.listed, listing),
        Operation(
            "upload_image", "POST", f"{IMAGES}/upload", images.upload, ("image_category", "is_intermediate")
        ),
        Operation("delete_images_from_list", "POST", f"{IMAGES}/delete", images.delete_many),
        Operation("star_images_in_list", "POST", f"{IMAGES}/star", images.star),
        Operation("unstar_images_in_list", "POST", f"{IMAGES}/unstar", images.unstar),
        Operation("get_image_dto", "GET", IMAGE, images.dto),
        Operation("delete_image", "DELETE", IMAGE, images.delete),
        Operation("get_image_metadata", "GET", f"{IMAGE}/metadata", images.metadata),
        Operation("get_image_workflow", "GET", f"{IMAGE}/workflow", images.workflow),
        Operation("get_image_urls", "GET", f"{IMAGE}/urls", images.urls),
        Operation("get_image_full_head", "HEAD", f"{IMAGE}/full", images.full),
        Operation("get_image_full", "GET", f"{IMAGE}/full", images.full),
        Operation("get_image_thumbnail", "GET", f"{IMAGE}/thumbnail", images.thumbnail),
    ]


def _of_boards(boards: BoardRoutes) -> list[Operation]:
    return [
        Operation("create_board", "POST", f"{BOARDS}/", boards.create, ("board_name",)),
        Operation("list_boards", "GET", f"{BOARDS}/", boards.listed, ("all", "offset", "limit")),
        Operation("add_image_to_board", "POST", f"{BOARD_IMAGES}/", boards.add),
        Operation("remove_image_from_board", "DELETE", f"{BOARD_IMAGES}/", boards.remove),
        Operation("add_images_to_board", "POST", f"{BOARD_IMAGES}/batch", boards.add_many),
        Operation("list_model_records", "GET", "/api/v2/models/", boards.models),
        Operation("empty_model_cache", "POST", "/api/v2/models/empty_model_cache", boards.empty_model_cache),
    ]


def _of_accounts(gate: Gate) -> list[Operation]:
    return [
        Operation(
            "get_setup_status_api_v1_auth_status_get", "GET", f"{AUTH}/status", gate.status, is_open=True
        ),
        Operation("login_api_v1_auth_login_post", "POST", f"{AUTH}/login", gate.login, is_open=True),
        Operation(
            "get_current_user_info_api_v1_auth_me_get", "GET", f"{AUTH}/me", gate.me, is_open=True
        ),  # it looks at the token itself
        Operation("list_users_api_v1_auth_users_get", "GET", f"{AUTH}/users", gate.users),
    ]


def add_to(router: web.UrlDispatcher, operations: list[Operation], gate: Gate, version: Version) -> None:
    page_of_contents = openapi(operations)
    verbs: dict[str, list[str]] = {}
    for operation in operations:
        handler = operation.handler if operation.is_open else gate.guard(operation.handler)
        router.add_route(operation.method, operation.path, handler)
        verbs.setdefault(operation.path, []).append(operation.method)

    async def show_openapi(_request: web.Request) -> web.Response:
        return answer(page_of_contents)

    async def otherwise(request: web.Request) -> web.Response:
        """What no operation takes."""
        if version.unknown_path_takes_any_verb:
            allowed = [
                verb
                for path, known in verbs.items()
                if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), request.path)
                for verb in known
            ]
            return not_allowed(", ".join(allowed)) if allowed else not_found()
        if request.method in {"GET", "HEAD"}:
            return page() if version.has_web_app else not_found()
        return not_allowed("GET, HEAD" if version.tells_allowed_verbs else None)

    if version.has_openapi:
        router.add_route("GET", "/openapi.json", show_openapi)
    router.add_route("*", "/{tail:.*}", otherwise)


def openapi(operations: list[Operation]) -> Json:
    paths: dict[str, Json] = {}
    for operation in operations:
        named = [("path", name) for name in re.findall(r"{(\w+)}", operation.path)]
        named += [("query", name) for name in operation.query]
        paths.setdefault(operation.path, {})[operation.method.lower()] = {
            "operationId": operation.operation_id,
            "parameters": [
                {
                    "name": name,
                    "in": place,
                    "required": place == "path",
                    "schema": {"type": "integer" if name == "item_id" else "string"},
                }
                for place, name in named
            ],
            "responses": {
                "200": {"description": "Successful Response"},
                "422": {"description": "Validation Error"},
            },
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Invoke - Community Edition",
            "description": "An API for invoking AI image operations",
            "version": "1.0.0",
        },
        "paths": paths,
    }
