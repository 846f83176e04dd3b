"""The same job with fewer pixels: in the graphs that InvokeAI queues."""

from copy import deepcopy
from typing import Any

import pytest
from graph_fixtures import NAMES, session

from bot.invokeai.graph import Graph
from bot.invokeai.requeue.sizes import literal_size, size_place
from bot.invokeai.requeue.smaller import SmallerBody, smaller_batch


def graph_of(name: str) -> dict[str, Any]:
    return session(name)["graph"]


def written(graph: dict[str, Any]) -> dict[str, Any]:
    found = smaller_batch(graph)
    assert isinstance(found, SmallerBody)
    return dict(found.body.batch["graph"])


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("sd1", (440, 664)),
        ("v7-sdxl", (880, 664)),
        ("flux2-dev", (880, 656)),
        ("sd3", (880, 656)),
        ("cogview4", (864, 640)),
    ],
)
def test_about_a_quarter_fewer_pixels_in_steps_that_the_model_takes(name: str, now: tuple[int, int]) -> None:
    found = smaller_batch(graph_of(name))
    assert isinstance(found, SmallerBody)
    assert found.now == now
    before = found.before.width * found.before.height
    assert 0.65 * before <= now[0] * now[1] <= 0.75 * before


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_the_size_is_changed_and_it_is_changed_everywhere(name: str) -> None:
    graph = graph_of(name)
    kept = deepcopy(graph)
    found = smaller_batch(graph)
    assert graph == kept
    if isinstance(found, str):
        assert found.endswith(".")
        return
    old, new = Graph.read(kept), Graph.read(found.body.batch["graph"])
    assert [name for name in new.nodes if literal_size(new, name) == found.before] == []
    unsized = {"width": None, "height": None, "is_intermediate": None}
    for each, node in new.nodes.items():
        assert {**node, **unsized} == {**old.nodes[each], **unsized}
    assert (found.body.batch["runs"], found.body.jobs, "data" in found.body.batch) == (1, 1, False)


def test_a_picture_that_is_resized_afterwards_is_still_brought_to_that_size() -> None:
    graph = graph_of("v7-sdxl")
    place = size_place(Graph.read(graph))
    assert place is not None
    last = next(name for name in Graph.read(graph).last())
    graph["nodes"]["resize"] = {"id": "resize", "type": "img_resize", "width": 333, "height": 222}
    source = {"node_id": last, "field": "image"}
    graph["edges"].append({"source": source, "destination": {"node_id": "resize", "field": "image"}})
    assert written(graph)["nodes"]["resize"]["width"] == 333


def test_a_job_without_a_size_of_its_own_or_with_a_small_one_is_not_made_smaller() -> None:
    found = smaller_batch(graph_of("upscale"))
    assert found == "It can't be told where the size of this job stands. Make it smaller in InvokeAI."
    graph = graph_of("sd1")
    place = size_place(Graph.read(graph))
    assert place is not None
    for name in place.nodes:
        graph["nodes"][name] |= {"width": 256, "height": 256}
    assert "small already" in str(smaller_batch(graph))
    assert "can't be told" in str(smaller_batch({}))
