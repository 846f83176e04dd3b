from typing import Any

from hypothesis import given
from invokeai_answers import JSON

from bot.invokeai.graph import Graph
from bot.invokeai.requeue.inputs import images_into, videos_into

WIRE: dict[str, Any] = {
    "source": {"node_id": "a", "field": "image"},
    "destination": {"node_id": "b", "field": "image"},
}


def inputs(nodes: dict[str, Any], *edges: Any) -> tuple[str, ...]:
    return images_into(Graph.read({"nodes": nodes, "edges": list(edges)}))


def test_every_image_that_stands_in_a_node_is_found_once() -> None:
    nodes = {
        "a": {"type": "img_blur", "image": {"image_name": "a.png"}},
        "b": {"type": "collect", "images": [{"image_name": "b.png"}, {"deep": [{"image_name": "a.png"}]}]},
    }
    assert inputs(nodes) == ("a.png", "b.png")


def test_what_metadata_mentions_and_what_a_wire_brings_is_no_input() -> None:
    nodes = {
        "a": {"type": "blank_image"},
        "b": {"type": "img_blur", "image": {"image_name": "old.png"}},
        "told": {"type": "core_metadata", "init_image": {"image_name": "mentioned.png"}},
    }
    assert inputs(nodes, WIRE) == ()


def test_videos_are_found_beside_images() -> None:
    nodes = {
        "a": {"type": "video_concat", "videos": [{"video_name": "a.mp4"}, {"video_name": "b.mp4"}]},
        "b": {"type": "img_blur", "image": {"image_name": "a.png"}},
        "told": {"type": "core_metadata", "init_video": {"video_name": "mentioned.mp4"}},
    }
    graph = Graph.read({"nodes": nodes})
    assert (videos_into(graph), images_into(graph)) == (("a.mp4", "b.mp4"), ("a.png",))


def test_a_name_that_is_no_name_is_left_out() -> None:
    nodes = {"a": {"image": {"image_name": "../../etc/passwd"}}, "b": {"image": {"image_name": 7}}}
    assert inputs(nodes) == ()


@given(JSON)
def test_foreign_json_raises_nothing(read: Any) -> None:
    assert isinstance(images_into(Graph.read(read)), tuple)
    assert isinstance(images_into(Graph.read({"nodes": {"a": {"x": read}}, "edges": read})), tuple)
