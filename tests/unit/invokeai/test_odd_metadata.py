"""What stands in real galleries beside what InvokeAI writes: read without a fault, told, and kept."""

import json
from typing import Any

import pytest
from invokeai_answers import captured
from render_examples import pictures

from bot.domain.events import EventKind, JobEvent
from bot.invokeai.models import Item
from bot.render import notices
from bot.store.event_json import read_event, written

BIG = "fox " * (256 * 1024)


def _nested(depth: int) -> Any:
    return [_nested(depth - 1)] if depth else None


ODD: dict[str, dict[str, Any]] = {
    "nulls": {"positive_prompt": None, "model": None, "seed": None, "loras": None, "width": None},
    "null in a list": {"loras": [None], "ref_images": [{"model": None}, None]},
    "a LoRA without a model": {"loras": [{"weight": 0.7}, {"model": None, "weight": None}]},
    "lists in lists": {"loras": [[["x"]]], "positive_prompt": [["x"]], "model": [[{}]], "steps": [30]},
    "deep": {"positive_prompt": _nested(100), "loras": _nested(100)},
    "a megabyte": {"positive_prompt": BIG, "negative_prompt": BIG},
    "a seed as text": {"seed": "1234", "width": "1024", "height": "768", "steps": "30", "cfg_scale": "7.5"},
    "not numbers": {"cfg_scale": float("nan"), "steps": float("inf"), "width": -1, "seed": 1e400},
    "huge numbers": {"seed": 10**400, "width": 10**30, "steps": 2**63, "cfg_scale": 1e308},
    "truth for numbers": {"seed": True, "width": False, "steps": True},
    "objects for words": {"positive_prompt": {"a": 1}, "scheduler": {}, "model": "a name"},
    "control characters": {"positive_prompt": "a\x00b\x1b[31m\u202e", "scheduler": "\n\n"},
}


def odd(name: str, status: str) -> dict[str, Any]:
    item = captured("item_completed")
    nodes = item["session"]["graph"]["nodes"]
    for graph in ("graph", "execution_graph"):
        for node in item["session"][graph]["nodes"].values():
            if node["type"] == "core_metadata":
                node.update(ODD[name])
    for result in item["session"]["results"].values():
        if result.get("type") == "metadata_output":
            result["metadata"].update(ODD[name])
    assert any(node["type"] == "core_metadata" for node in nodes.values())
    return item | {"status": status, "error_type": "E", "error_message": "m", "error_traceback": "t"}


@pytest.mark.parametrize("status", ["completed", "failed"])
@pytest.mark.parametrize("name", ODD)
def test_odd_metadata_makes_a_notice_that_is_kept_and_read_back(name: str, status: str) -> None:
    job = Item.model_validate_json(json.dumps(odd(name, status))).to_job("box")
    event = JobEvent(EventKind(status), job, image=0 if status == "completed" else None)
    words = written(event)
    assert read_event(words, event.image) == event
    words.encode()
    told = notices.notice([event], pictures(job) if status == "completed" else {})
    assert f"#{job.number}" in told.content
    assert len(told.content) <= 2000


def test_half_a_utf_16_pair_never_gets_past_the_reader() -> None:
    words = json.dumps(odd("nulls", "completed")).replace(
        '"positive_prompt": null', '"positive_prompt": "\\ud83d"'
    )
    assert "\\ud83d" in words
    with pytest.raises(ValueError, match="hex escape"):
        Item.model_validate_json(words)
