import random
from typing import Any

import pytest
from workflow_files import workflow

from bot.errors import RequestRefused
from bot.invokeai.workflows.editor import EditorNode
from bot.invokeai.workflows.generators import BoardImages, DynamicPrompts, generators_in, items_of


def generator(kind: str, **settings: Any) -> EditorNode:
    value = {"type": kind, **settings}
    return EditorNode("g", "integer_generator", "Numbers", {"generator": {"value": value}}, True, True)


def items(kind: str, **settings: Any) -> list[Any]:
    made = items_of(generator(kind, **settings), random.Random(1))
    assert not isinstance(made, DynamicPrompts | BoardImages)
    return list(made)


def test_generators_are_found_behind_connectors_in_the_order_of_the_wires() -> None:
    assert [node.id for node in generators_in(workflow("generators"))] == ["g", "d"]
    assert list(generators_in(workflow("batches"))) == []


@pytest.mark.parametrize(
    ("kind", "settings", "made"),
    [
        ("integer_generator_arithmetic_sequence", {"start": 10, "step": 5, "count": 3}, [10, 15, 20]),
        ("integer_generator_arithmetic_sequence", {"start": 10, "step": 0, "count": 3}, [10]),
        ("integer_generator_arithmetic_sequence", {}, list(range(10))),
        ("integer_generator_linear_distribution", {"start": 0, "end": 10, "count": 5}, [0, 3, 5, 8, 10]),
        ("integer_generator_linear_distribution", {"start": 4, "end": 10, "count": 1}, [4]),
        ("integer_generator_parse_string", {"input": "1, x,, 2.9 ,3", "splitOn": ","}, [1, 2, 3]),
        ("float_generator_arithmetic_sequence", {"start": 1, "step": 0.5, "count": 3}, [1, 1.5, 2]),
        ("float_generator_linear_distribution", {"count": 3}, [0, 0.5, 1]),
        ("float_generator_parse_string", {"input": "0.5;1;nan;inf", "splitOn": ";"}, [0.5, 1]),
        ("float_generator_parse_string", {"values": [7.5], "input": "1"}, [7.5]),
        ("string_generator_parse_string", {"input": "a fox\n\na hen", "splitOn": "\\n"}, ["a fox", "a hen"]),
        ("string_generator_parse_string", {"input": 'a"b', "splitOn": '"'}, ["a", "b"]),
        ("string_generator_parse_string", {"input": "a,b", "splitOn": ""}, ["a,b"]),
        ("image_generator_images_from_board", {}, []),
    ],
)
def test_a_generator_gives_what_invokeai_s_page_gives(
    kind: str, settings: dict[str, Any], made: list[Any]
) -> None:
    assert items(kind, **settings) == made


@pytest.mark.parametrize(
    "kind", ["integer_generator_random_distribution_uniform", "float_generator_random_distribution_uniform"]
)
def test_random_numbers_stay_in_their_range_and_a_seed_gives_the_same_again(kind: str) -> None:
    made = items(kind, min=3, max=5, count=200)
    assert len(made) == 200
    assert len(set(made)) > 2
    assert all(3 <= each <= 5 for each in made)
    rng = random.Random()
    seeded = generator(kind, min=0, max=1000, seed=4)
    assert items_of(seeded, rng) == items_of(seeded, rng)


def test_what_only_invokeai_knows_is_a_question() -> None:
    asked = generator("string_generator_dynamic_prompts_combinatorial", input="a {b|c}", maxPrompts=4)
    assert items_of(asked, random.Random(1)) == DynamicPrompts("a {b|c}", 4, combinatorial=True)
    drawn = generator("string_generator_dynamic_prompts_random", input="a {b|c}", count=3, seed=8)
    assert items_of(drawn, random.Random(1)) == DynamicPrompts("a {b|c}", 3, combinatorial=False, seed=8)
    board = generator("image_generator_images_from_board", board_id="b1", category="assets")
    assert items_of(board, random.Random(1)) == BoardImages("b1", assets=True)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"type": "of the future"},
        {"type": "integer_generator_arithmetic_sequence", "start": "one"},
        {"type": ["x"]},
    ],
)
def test_a_generator_that_can_not_be_understood_is_named(settings: dict[str, Any]) -> None:
    node = EditorNode("g", "integer_generator", "Numbers", {"generator": {"value": settings}}, True, True)
    with pytest.raises(RequestRefused, match="can't tell what the node “Numbers” generates"):
        items_of(node, random.Random(1))


@pytest.mark.parametrize("count", [1001, 10**18])
def test_a_generator_of_too_many_items_is_named(count: int) -> None:
    with pytest.raises(RequestRefused, match="The node “Numbers” generates more than the 1000 items"):
        items("integer_generator_arithmetic_sequence", count=count)
