"""Writes `bot/invokeai/operations_table.json`: what each released InvokeAI can do, read from its own source.

    python tests/contract/operations_table.py CLONE [WHEEL ...]

CLONE is a git clone of invoke-ai/InvokeAI with its tags; each WHEEL is a release that has no tag there (PyPI
has them all). `test_invokeai_operations.py` holds the table against the OpenAPI documents of real servers.
"""

import ast
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[2] / "bot" / "invokeai" / "operations_table.json"
ROUTERS = "invokeai/app/api/routers/"
OLDEST = (5, 7, 0)
RELEASE = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
METHODS = frozenset({"get", "put", "post", "delete", "patch", "head"})

Operations = dict[str, str]
"""By operationId: `PUT /api/v1/queue/{queue_id}/clear`."""


def main(clone: str, *wheels: str) -> None:
    releases = {version: _of_tag(clone, version) for version in _tags(clone)}
    releases |= {_number(Path(wheel).name.split("-")[1]): _of_wheel(wheel) for wheel in wheels}
    families: list[dict[str, Any]] = []
    before: Operations = {}
    for version in sorted(releases):
        operations, name = releases[version], ".".join(map(str, version))
        if families and operations == before:
            families[-1]["versions"].append(name)
            continue
        added = {key: line for key, line in sorted(operations.items()) if before.get(key) != line}
        dropped = sorted(set(before) - set(operations))
        families.append({"versions": [name], "added": added, "dropped": dropped})
        before = operations
    TABLE.write_text(json.dumps(families, indent=1) + "\n", encoding="utf-8")


def _number(version: str) -> tuple[int, ...]:
    found = RELEASE.fullmatch(version)
    return tuple(map(int, found.groups())) if found else ()


def _tags(clone: str) -> list[tuple[int, ...]]:
    numbers = map(_number, _git(clone, "tag").split())
    return [number for number in numbers if number >= OLDEST]


def _of_tag(clone: str, version: tuple[int, ...]) -> Operations:
    tag = "v" + ".".join(map(str, version))
    names = _git(clone, "ls-tree", "-r", "--name-only", tag, ROUTERS).split()
    return read({name: _git(clone, "show", f"{tag}:{name}") for name in names if name.endswith(".py")})


def _of_wheel(path: str) -> Operations:
    with zipfile.ZipFile(path) as wheel:
        names = [name for name in wheel.namelist() if name.startswith(ROUTERS) and name.endswith(".py")]
        return read({name: wheel.read(name).decode() for name in names})


def read(sources: Mapping[str, str]) -> Operations:
    """The operations of all these files, each by its operationId."""
    found: Operations = {}
    for source in sources.values():
        tree = ast.parse(source)
        prefixes = dict(_routers(tree))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in function.decorator_list:
                    found |= _operation(function.name, decorator, prefixes)
    return found


def _routers(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """`x_router = APIRouter(prefix="/v1/x")`: the variable and its prefix."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Name(variable)], value=ast.Call(func=ast.Name("APIRouter"), keywords=given)
            ):
                prefix = _keywords(given).get("prefix")
                yield variable, "/api" + (ast.literal_eval(prefix) if prefix else "")
            case _:
                continue


def _operation(function: str, decorator: ast.expr, prefixes: Mapping[str, str]) -> Operations:
    """`@x_router.put("/y", operation_id="z")`."""
    match decorator:
        case ast.Call(func=ast.Attribute(ast.Name(router), method), args=places, keywords=given) if (
            router in prefixes and (method in METHODS or method == "api_route")
        ):
            named = _keywords(given)
        case _:
            return {}
    if method == "api_route":
        [method] = ast.literal_eval(named["methods"])
    path = prefixes[router] + ast.literal_eval(places[0] if places else named["path"])
    path = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
    identity = (
        re.sub(r"\W", "_", function + path) + f"_{method.lower()}"
    )  # FastAPI's own, where none is given
    if "operation_id" in named:
        identity = ast.literal_eval(named["operation_id"])
    return {identity: f"{method.upper()} {path}"}


def _keywords(given: list[ast.keyword]) -> dict[str, ast.expr]:
    return {one.arg: one.value for one in given if one.arg is not None}


def _git(clone: str, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", clone, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
