"""Jobs queued again and images looked after: what is asked of InvokeAI, and whether the answer is true."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from invokeai_stand_in import ITEM, StandIn

from bot.domain.jobs import Board, Enqueued
from bot.errors import ImageUnusable, InvokeAIRefused, JobUnknown, OperationMissing
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Patience
from bot.invokeai.requeue.batch import BatchBody

QUEUE = "/api/v1/queue/default"
IMAGES = "/api/v1/images"
MORE = {
    "enqueue_batch": ("post", "/api/v1/queue/{queue_id}/enqueue_batch"),
    "get_image_dto": ("get", "/api/v1/images/i/{image_name}"),
    "star_images_in_list": ("post", f"{IMAGES}/star"),
    "unstar_images_in_list": ("post", f"{IMAGES}/unstar"),
    "delete_images_from_list": ("post", f"{IMAGES}/delete"),
    "list_boards": ("get", "/api/v1/boards/"),
    "add_images_to_board": ("post", "/api/v1/board_images/batch"),
    "empty_model_cache": ("post", "/api/v2/models/empty_model_cache"),
}
SOURCE = "5747a417-67ae-43fe-bb56-21d838f8f678.png"
GRAPH: dict[str, Any] = {
    "id": "g",
    "nodes": {
        "seed:1": {"id": "seed:1", "type": "integer", "value": 5},
        "draw": {"id": "draw", "type": "flux_denoise", "prompt": "a fox", "image": {"image_name": SOURCE}},
        "told": {"id": "told", "type": "core_metadata", "init": {"image_name": "gone.png"}},
    },
    "edges": [
        {
            "source": {"node_id": "seed:1", "field": "value"},
            "destination": {"node_id": "draw", "field": "seed"},
        }
    ],
}
WHOLE = ITEM | {
    "session": {"graph": GRAPH},
    "workflow": {"name": "w"},
    "origin": "canvas",
    "destination": "gallery",
}


class Taken:
    """Answers a request, and keeps its body."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.bodies: list[Any] = []

    async def __call__(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        return web.json_response(self.answer)


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    stand_in.operations |= MORE
    stand_in.answers[f"{QUEUE}/i/7"] = WHOLE
    stand_in.answers[f"{IMAGES}/i/{SOURCE}"] = {"starred": True}
    async with stand_in.served():
        yield stand_in


@pytest.fixture
async def client(server: StandIn) -> AsyncIterator[InvokeAIClient]:
    async with aiohttp.ClientSession() as http:
        patience = Patience(pause=0, max_pause=0)
        yield InvokeAIClient(http, Endpoint(server.url), "studio", patience=patience)


def takes(server: StandIn, path: str, answer: Any) -> Taken:
    taken = Taken(answer)
    server.answers[path] = taken.__call__
    return taken


def enqueued(requested: int, count: int, **more: Any) -> dict[str, Any]:
    return {"requested": requested, "enqueued": count, "batch": {"batch_id": "new"}, **more}


async def test_again_sends_the_old_graph_with_whole_numbers_as_seeds(
    server: StandIn, client: InvokeAIClient
) -> None:
    taken = takes(server, f"{QUEUE}/enqueue_batch", enqueued(2, 2, item_ids=[9, 8]))
    body = await client.reruns.again(7, [11, 12])
    assert await client.batches.send(body, "ours") == Enqueued("new", 2, 2, (8, 9))
    assert body.seeds == (11, 12)
    assert taken.bodies == [
        {
            "batch": {
                "batch_id": "ours",
                "graph": GRAPH,
                "runs": 1,
                "data": [[{"node_path": "seed:1", "field_name": "value", "items": [11, 12]}]],
                "workflow": {"name": "w"},
                "origin": "invokeai-discord",
                "destination": "gallery",
            },
            "prepend": False,
        }
    ]


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        (enqueued(2, 1, item_ids=[8]), (8,)),
        (enqueued(2, 0, item_ids=[]), ()),
        (enqueued(2, 2), ()),
    ],
    ids=["half full", "full", "before 6.0"],
)
async def test_a_full_queue_and_one_without_numbers_are_told_as_they_are(
    server: StandIn, client: InvokeAIClient, answer: Any, numbers: tuple[int, ...]
) -> None:
    takes(server, f"{QUEUE}/enqueue_batch", answer)
    done = await client.batches.send(await client.reruns.again(7, [11, 12]), "ours")
    assert (done.numbers, done.count) == (numbers, answer["enqueued"])


async def test_a_job_whose_input_image_is_gone_is_not_sent(server: StandIn, client: InvokeAIClient) -> None:
    del server.answers[f"{IMAGES}/i/{SOURCE}"]
    for order in (client.reruns.again(7, [11]), client.reruns.check_inputs(7)):
        with pytest.raises(InvokeAIRefused, match="#7 starts from an image that is gone"):
            await order
    assert server.count(f"POST {QUEUE}/enqueue_batch") == 0


async def test_a_server_that_can_not_be_asked_for_an_image_is_not_doubted(
    server: StandIn, client: InvokeAIClient
) -> None:
    del server.operations["get_image_dto"]
    assert (await client.reruns.again(7, [11])).jobs == 1


async def test_the_same_job_once_more_keeps_seed_workflow_origin_and_destination(
    server: StandIn, client: InvokeAIClient
) -> None:
    item = server.answers[f"{QUEUE}/i/7"]
    body = await client.reruns.same(7)
    assert body.jobs == 1
    assert body.batch == {
        "graph": item["session"]["graph"],
        "workflow": {"name": "w"},
        "origin": item["origin"],
        "destination": item["destination"],
        "runs": 1,
    }
    server.answers[f"{QUEUE}/i/7"] = ITEM
    with pytest.raises(InvokeAIRefused, match="does not tell how #7 is made"):
        await client.reruns.same(7)


async def test_a_job_without_a_seed_and_one_that_is_gone_are_not_sent(
    server: StandIn, client: InvokeAIClient
) -> None:
    server.answers[f"{QUEUE}/i/7"] = ITEM
    with pytest.raises(InvokeAIRefused, match="no seed that could be changed"):
        await client.reruns.again(7, [11])
    with pytest.raises(JobUnknown):
        await client.reruns.again(8, [11])


async def test_a_source_shows_its_prompt_and_nothing_of_its_graph(client: InvokeAIClient) -> None:
    source = await client.reruns.graph_of(7)
    assert source.prompt == "a fox"
    assert source.images == (SOURCE,)
    assert "flux_denoise" not in repr(source)


@pytest.mark.parametrize(("starred", "path"), [(True, "star"), (False, "unstar")])
@pytest.mark.parametrize("word", ["updated_image_names", None], ids=["5.15", "newer"])
async def test_a_star_counts_the_images_that_are_there(
    server: StandIn, client: InvokeAIClient, starred: bool, path: str, word: str | None
) -> None:
    taken = takes(server, f"{IMAGES}/{path}", {word or f"{path}red_images": ["a.png"]})
    assert await client.gallery.star(["a.png", "gone.png"], starred) == 1
    assert taken.bodies == [{"image_names": ["a.png", "gone.png"]}]


async def test_whether_an_image_is_starred_is_asked_and_a_gone_one_is_unusable(
    client: InvokeAIClient,
) -> None:
    assert await client.gallery.starred(SOURCE)
    with pytest.raises(ImageUnusable):
        await client.gallery.starred("gone.png")


async def test_a_deletion_counts_what_was_there(server: StandIn, client: InvokeAIClient) -> None:
    taken = takes(server, f"{IMAGES}/delete", {"deleted_images": [SOURCE], "failed_images": []})
    assert await client.gallery.delete_images([SOURCE, "gone.png"]) == 1
    assert taken.bodies == [{"image_names": [SOURCE]}]


async def test_archived_boards_are_not_offered(server: StandIn, client: InvokeAIClient) -> None:
    server.answers["/api/v1/boards/"] = [
        {"board_id": "b1", "board_name": "Foxes", "archived": False},
        {"board_id": "b2", "board_name": "Old", "archived": True},
    ]
    assert await client.gallery.boards() == [Board("b1", "Foxes")]


@pytest.mark.parametrize("word", ["added_image_names", "added_images"])
async def test_a_move_counts_what_lies_there_now(server: StandIn, client: InvokeAIClient, word: str) -> None:
    taken = takes(server, "/api/v1/board_images/batch", {word: ["a.png"]})
    assert await client.gallery.move(["a.png", "gone.png"], "b1") == 1
    assert taken.bodies == [{"board_id": "b1", "image_names": ["a.png", "gone.png"]}]


async def test_a_board_that_is_gone_is_told(client: InvokeAIClient) -> None:
    with pytest.raises(InvokeAIRefused, match="That board is gone"):
        await client.gallery.move(["a.png"], "b1")


async def test_memory_is_freed(server: StandIn, client: InvokeAIClient) -> None:
    async def emptied(_: web.Request) -> web.Response:
        return web.json_response(None)

    server.answers["/api/v2/models/empty_model_cache"] = emptied
    await client.free_vram()
    assert server.count("POST /api/v2/models/empty_model_cache") == 1


@pytest.mark.parametrize("name", [name for name in MORE if name != "get_image_dto"])
async def test_what_a_server_lacks_is_one_plain_sentence(
    server: StandIn, client: InvokeAIClient, name: str
) -> None:
    del server.operations[name]
    orders: dict[str, Any] = {
        "enqueue_batch": lambda: client.batches.send(BatchBody({}, 1), "ours"),
        "star_images_in_list": lambda: client.gallery.star(["a.png"], True),
        "unstar_images_in_list": lambda: client.gallery.star(["a.png"], False),
        "delete_images_from_list": lambda: client.gallery.delete_images(["a.png"]),
        "list_boards": client.gallery.boards,
        "add_images_to_board": lambda: client.gallery.move(["a.png"], "b1"),
        "empty_model_cache": client.free_vram,
    }
    with pytest.raises(OperationMissing, match=r"^This InvokeAI .*; a newer version may\.$"):
        await orders[name]()
