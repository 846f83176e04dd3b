"""What real InvokeAI servers once answered, captured in `tests/fixtures/invokeai`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from hypothesis import strategies as st

FIXTURES = Path(__file__).parents[1] / "fixtures" / "invokeai"
NEWEST = "v6.14.2"
VERSIONS = ("v5.15.0", "v6.3.0", "v6.6.0", "v6.9.0", "v6.12.0", "v6.13.5", NEWEST)
WHOLE = (
    "item_completed",
    "item_completed_iterate",
    "item_completed_with_workflow",
    "item_call_saved_workflow_parent",
    "item_failed_raise",
    "mu_item_redacted",
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def captured(name: str, version: str = NEWEST) -> Any:
    """The body of a captured answer, a fresh copy."""
    return json.loads(_text(FIXTURES / version / f"{name}.json"))["body"]


def events(name: str, version: str = NEWEST) -> list[tuple[str, Any]]:
    """A captured socket stream: event names and payloads."""
    lines = _text(FIXTURES / version / f"{name}.jsonl").splitlines()
    return [(read["event"], read["data"]) for read in map(json.loads, lines)]


def streams(version: str) -> list[str]:
    """The names of all captured socket streams of that version."""
    folder = FIXTURES / version
    return sorted(path.stem for path in folder.glob("socket*.jsonl"))


def openapi() -> Any:
    return json.loads(_text(FIXTURES / NEWEST / "openapi.json"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def damaged(data: st.DataObject, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with other JSON in up to four places."""
    spots = [spot for spot in _places(answer) if spot]
    for spot in data.draw(st.lists(st.sampled_from(spots), min_size=1, max_size=4)):
        owner: Any = answer
        try:
            for step in spot[:-1]:
                owner = owner[step]
            owner[spot[-1]] = data.draw(JSON)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    return answer


def _places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner: Any = ()
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value).items()
    elif isinstance(value, list):
        inner = enumerate(cast("list[Any]", value))
    for step, item in inner:
        yield from _places(item, (*path, step))
