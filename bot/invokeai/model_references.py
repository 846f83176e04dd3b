"""The models that a graph names by key: found again by hash or name where the key is gone. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, cast

from bot.domain.workflows import InstalledModel
from bot.errors import RequestRefused
from bot.invokeai.foreign_json import mapping, text
from bot.invokeai.graph import METADATA, Graph
from bot.invokeai.workflows.editor import quoted

_NEEDED = ("key", "name", "base", "type")


def models_in(graph: Mapping[str, Any]) -> list[InstalledModel]:
    """Those that its nodes name, each once; what metadata only mentions is left out."""
    view = Graph.read(graph)
    found = {
        text(reference["key"]): _model(reference)
        for name, node in view.nodes.items()
        if view.type_of(name) != METADATA
        for reference in _references(node)
    }
    return list(found.values())


def relinked(graph: Mapping[str, Any], installed: Sequence[InstalledModel]) -> dict[str, Any]:
    """The graph with today's keys; the one that is given stays as it is. RequestRefused names a lost model.

    Only the one model of the same hash, or else of the same name, base and type takes a lost one's place.
    """
    keys = {model.key for model in installed}
    places = {wanted.key: wanted for wanted in models_in(graph) if wanted.key not in keys}
    found = {key: _successor(wanted, installed) for key, wanted in places.items()}
    written = deepcopy(dict(graph))
    for node in mapping(written.get("nodes")).values():
        for reference in _references(node):
            successor = found.get(text(reference["key"]))
            if successor is not None:
                cast("dict[str, Any]", reference).update(
                    key=successor.key,
                    hash=successor.hash,
                    name=successor.name,
                    base=successor.base,
                    type=successor.type,
                )
    return written


def _successor(wanted: InstalledModel, installed: Sequence[InstalledModel]) -> InstalledModel:
    by_hash = [model for model in installed if wanted.hash and model.hash == wanted.hash]
    kind = (wanted.base, wanted.type)
    fitting = [model for model in by_hash if (model.base, model.type) == kind]
    if not fitting:
        fitting = [
            model for model in installed if model.name == wanted.name and (model.base, model.type) == kind
        ]
    if len(fitting) != 1:
        raise RequestRefused(f"This InvokeAI no longer has the model {quoted(wanted.name)}.")
    return fitting[0]


def _references(node: object) -> Iterator[Mapping[str, Any]]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        told = mapping(each)
        if all(isinstance(told.get(name), str) for name in _NEEDED):
            yield told
        waiting.extend(told.values())
        if isinstance(each, list):
            waiting.extend(cast("list[Any]", each))


def _model(reference: Mapping[str, Any]) -> InstalledModel:
    key, name, base, kind = (text(reference[each]) for each in _NEEDED)
    return InstalledModel(key, name, base, kind, text(reference.get("hash")))
