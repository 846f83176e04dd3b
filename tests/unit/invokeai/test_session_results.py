from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invokeai_answers import WHOLE, captured, damaged

from bot.domain.jobs import Lora, Recipe
from bot.invokeai.recipes.metadata import recipe_from_metadata
from bot.invokeai.session_outputs import images_of, outputs_of
from bot.invokeai.session_results import (
    boards_of,
    recipe_of,
    safe_image_name,
)

FOX = Recipe(
    prompt="a red fox",
    negative_prompt="blurry",
    model="Juggernaut XL v9",
    seed=1234,
    width=256,
    height=128,
    steps=30,
    cfg_scale=7.5,
    scheduler="euler",
)


def session(*nodes: tuple[str, dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return {
        "execution_graph": {"nodes": {name: node for name, node, _ in nodes}},
        "results": {name: result for name, _, result in nodes},
    }


def images(read: object) -> tuple[str, ...]:
    return images_of(outputs_of(read))


def image(name: str) -> dict[str, Any]:
    return {"type": "image_output", "image": {"image_name": name}}


def test_only_what_is_not_intermediate_is_final() -> None:
    assert images(captured("item_completed")["session"]) == ("5747a417-67ae-43fe-bb56-21d838f8f678.png",)


def test_images_of_a_collection_come_once_and_in_the_order_they_were_made() -> None:
    assert images(captured("item_completed_iterate")["session"]) == (
        "eb02931c-b6bc-45e1-966e-f267d731a598.png",
        "26cf7a27-9c90-4cf8-9c5f-eea69c4f7bb1.png",
        "ecf8b7b1-62e7-4905-80ec-22f08783799e.png",
    )


def test_a_node_that_hands_on_an_image_made_none() -> None:
    read = session(
        ("a", {"type": "load_image"}, image("old.png")),
        ("b", {"type": "image"}, image("old.png")),
        ("c", {"type": "l2i"}, image("new.png")),
    )
    assert images(read) == ("new.png",)


def test_a_collection_that_a_node_made_is_final() -> None:
    made = {
        "type": "image_collection_output",
        "collection": [{"image_name": "a.png"}, {"image_name": "b.png"}],
    }
    assert images(session(("n", {"type": "some_maker", "is_intermediate": False}, made))) == (
        "a.png",
        "b.png",
    )


@pytest.mark.parametrize(
    "values",
    [
        {"image": {"image_name": "fox.png"}},
        {"images": [{"image_name": "fox.png"}, {"image_name": "fox.png"}], "seed": 7},
        {
            "deep": {
                "deeper": [{"image": {"image_name": "fox.png", "image_name_of": {"image_name": "x.png"}}}]
            }
        },
        [{"image_name": "fox.png"}],
    ],
)
def test_what_a_called_workflow_returns_is_final(values: object) -> None:
    returned = {"type": "workflow_return_output", "values": values}
    assert images(session(("call", {"type": "call_saved_workflow"}, returned))) == ("fox.png",)
    quiet = {"type": "call_saved_workflow", "is_intermediate": True}
    assert images(session(("call", quiet, returned))) == ()
    assert images(session(("load", {"type": "load_image"}, returned))) == ()


@pytest.mark.parametrize("values", [None, 7, "fox.png", {"image_name": 7}, {"image": {"image_name": "../x"}}])
def test_a_called_workflow_may_return_no_image(values: object) -> None:
    returned = {"type": "workflow_return_output", "values": values}
    assert images(session(("call", {"type": "call_saved_workflow"}, returned))) == ()


def test_a_nest_without_end_is_not_followed() -> None:
    values: object = {"image_name": "fox.png"}
    for _ in range(50):
        values = [values]
    returned = {"type": "workflow_return_output", "values": values}
    assert images(session(("call", {"type": "call_saved_workflow"}, returned))) == ()


def test_a_result_without_its_node_is_not_taken_for_final() -> None:
    assert images({"execution_graph": {"nodes": {}}, "results": {"n": image("a.png")}}) == ()


@pytest.mark.parametrize(
    "name", ["../a.png", "a/b.png", ".hidden", "", "a b.png", "a" * 300, "é.png", "a.png\n"]
)
def test_a_name_that_could_leave_its_place_in_a_url_is_left_out(name: str) -> None:
    assert not safe_image_name(name)
    assert images(session(("n", {"type": "l2i"}, image(name)))) == ()


def test_the_recipe_comes_from_the_metadata_that_a_node_gave_out() -> None:
    assert recipe_of(captured("item_completed")["session"]) == FOX


def test_the_recipe_of_a_waiting_job_comes_from_its_graph_and_what_feeds_it() -> None:
    read = {
        "graph": {
            "nodes": {
                "p": {"type": "string", "value": "a tree"},
                "s": {"type": "integer", "value": 7},
                "m": {"type": "core_metadata", "steps": 30, "seed": 1},
            },
            "edges": [
                {
                    "source": {"node_id": "p", "field": "value"},
                    "destination": {"node_id": "m", "field": "positive_prompt"},
                },
                {
                    "source": {"node_id": "s", "field": "value"},
                    "destination": {"node_id": "m", "field": "seed"},
                },
                {
                    "source": {"node_id": "s", "field": "value"},
                    "destination": {"node_id": "x", "field": "seed"},
                },
            ],
        }
    }
    assert recipe_of(read) == Recipe(prompt="a tree", seed=7, steps=30)


def test_loras_are_read_as_every_version_wrote_them() -> None:
    read = {
        "loras": [
            {"model": {"key": "k", "name": "Fur", "base": "sdxl", "type": "lora"}, "weight": 0.75},
            {"lora": {"model_name": "Snow", "base_model": "sd-1"}, "weight": 1},
            {"model": {"name": "Old"}},
        ]
    }
    assert recipe_from_metadata(read) == Recipe(loras=(Lora("Fur", 0.75), Lora("Snow", 1.0), Lora("Old")))


@pytest.mark.parametrize(
    "loras",
    [
        None,
        {},
        "Fur",
        [],
        [None],
        [{}],
        [{"model": None}],
        [{"model": {"name": ""}}],
        [{"model": {"name": 7}}],
    ],
)
def test_what_is_no_lora_is_left_out(loras: Any) -> None:
    assert recipe_from_metadata({"seed": 1, "loras": loras}) == Recipe(seed=1)


@pytest.mark.parametrize("weight", [True, "1", float("inf"), float("nan"), 10**999, [1.0], None])
def test_a_weight_that_is_no_number_is_not_known(weight: Any) -> None:
    read = {"loras": [{"model": {"name": "Fur"}, "weight": weight}]}
    assert recipe_from_metadata(read) == Recipe(loras=(Lora("Fur"),))


def test_a_thousand_loras_are_cut() -> None:
    recipe = recipe_from_metadata({"loras": [{"model": {"name": "Fur"}}] * 1000})
    assert recipe is not None
    assert len(recipe.loras) == 50


def test_a_node_that_draws_by_itself_tells_how() -> None:
    assert recipe_of(captured("item_completed_iterate")["session"]) == Recipe(width=256, height=256, steps=1)


def test_without_metadata_there_is_no_recipe() -> None:
    assert recipe_of(session(("n", {"type": "l2i"}, image("a.png")))) is None
    assert recipe_from_metadata(None) is None
    assert recipe_from_metadata({"generation_mode": "txt2img"}) is None


def test_an_images_own_metadata_is_read_alike() -> None:
    assert recipe_from_metadata(captured("image_metadata")) == FOX


@pytest.mark.parametrize(
    "metadata",
    [
        {"seed": True, "steps": "30", "cfg_scale": True},
        {"seed": 2**70, "cfg_scale": 10**400, "width": 1.5},
        {"cfg_scale": float("nan"), "model": "name", "positive_prompt": ["a"]},
        {"positive_prompt": "  ", "model": {"name": 7}},
    ],
)
def test_values_of_another_kind_tell_nothing(metadata: dict[str, Any]) -> None:
    assert recipe_from_metadata(metadata) is None


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_a_server_puts_into_a_session_nothing_falls(data: st.DataObject) -> None:
    session = damaged(data, {"session": captured(data.draw(st.sampled_from(WHOLE)))["session"]})["session"]
    assert all(safe_image_name(name) for name in images(session))
    recipe_of(session)
    assert all(isinstance(board, str) for board in boards_of(session))


def planned(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"graph": {"nodes": {str(place): node for place, node in enumerate(nodes)}}}


def test_a_job_s_boards_are_those_of_its_final_images() -> None:
    fox, hen = {"board": {"board_id": "fox"}}, {"board": {"board_id": "hen"}}
    assert boards_of(planned(fox, {**hen, "is_intermediate": True}, fox, {"type": "integer"})) == ("fox",)
    assert boards_of(planned(hen, {"board": "auto"}, fox)) == ("hen", "auto", "fox")


def test_images_that_lie_on_no_board_have_invokeai_s_own_word_for_it() -> None:
    assert boards_of(planned({"type": "l2i"}, {"board": None})) == ("none",)
    assert boards_of(planned({"board": "none"})) == ("none",)


@pytest.mark.parametrize("session", [None, {}, {"graph": None}, planned(), "x"])
def test_a_session_that_tells_no_nodes_tells_no_boards(session: object) -> None:
    assert boards_of(session) == ()
