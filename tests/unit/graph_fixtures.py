"""The graphs in `tests/fixtures/graphs`: a session, and the recipe that it was made by."""

import json
from pathlib import Path
from typing import Any

from bot.domain.jobs import Lora, Recipe

FOLDER = Path(__file__).parents[1] / "fixtures" / "graphs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
KNOWN_NODES = FOLDER.parent / "invokeai_nodes.json"


def session(name: str) -> dict[str, Any]:
    """A fresh copy."""
    return _read(name)["session"]


def recipe(name: str) -> Recipe:
    told = _read(name)["recipe"]
    loras = tuple(Lora(lora, weight) for lora, weight in told.pop("loras", []))
    return Recipe(**told | {"loras": loras, "texts": tuple(told.pop("texts", []))})


def known_nodes() -> dict[str, list[str]]:
    """The inputs of each node of InvokeAI 6.14.2 that the graphs use."""
    return json.loads(KNOWN_NODES.read_text(encoding="utf-8"))


def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
