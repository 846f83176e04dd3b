"""House rules that a test can keep."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import errors
from bot.errors import BotError, DeliveryDelayed

ROOT = Path(__file__).parents[3]
PROGRAM = sorted(path for room in ("bot", "cogs") for path in (ROOT / room).rglob("*.py"))


def _tree(kind: type[BotError] = BotError) -> Iterator[type[BotError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__.startswith("bot."):  # what cogs add is for themselves, and may take more
            yield from _tree(child)


def _name(kind: type[BotError]) -> str:
    return kind.__name__


@pytest.mark.parametrize("kind", sorted(set(_tree()), key=_name))
def test_every_error_says_in_its_docstring_what_to_do_next(kind: type[BotError]) -> None:
    assert inspect.getdoc(kind)
    assert str(kind("A sentence.")) == "A sentence."


def test_no_error_of_ours_stands_outside_the_tree() -> None:
    for name, value in vars(errors).items():
        if inspect.isclass(value) and value.__module__ == errors.__name__:
            assert issubclass(value, BotError), name


def test_a_delay_can_say_how_long() -> None:
    assert DeliveryDelayed("later").retry_after is None


@pytest.mark.parametrize("path", sorted((ROOT / "cogs").glob("*.py")), ids=lambda path: path.name)
def test_a_command_is_a_sentence(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.AsyncFunctionDef) and any(
            isinstance(one, ast.Call) and getattr(one.func, "attr", "") == "command"
            for one in node.decorator_list
        ):
            statements = [one for one in ast.walk(node) if isinstance(one, ast.stmt)]
            assert len(statements) <= 12, f"{node.name} does too much for a cog"


@pytest.mark.parametrize("path", sorted((ROOT / "cogs").glob("*.py")), ids=lambda path: path.name)
def test_a_command_is_deferred_so_that_its_refusal_stays_private(path: Path) -> None:
    """By `think`, which remembers whether all would see the answer. Only presses defer by themselves."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("response.defer"):
            private = any(
                one.arg == "ephemeral" and ast.unparse(one.value) == "True" for one in node.keywords
            )
            assert private or path.name == "confirmations.py", f"line {node.lineno}"


def test_names_of_test_files_are_unique() -> None:
    """The test folders are no packages: of two files of one name only one could be imported."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_few_files_stand_loose_in_bot() -> None:
    loose = [path.name for path in (ROOT / "bot").glob("*.py") if path.name != "__init__.py"]
    assert len(loose) <= 8, loose


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_and_each_of_its_functions_can_be_seen_at_once(path: Path) -> None:
    """Values with many named fields are left out: docs/decisions/0013."""
    assert len(path.read_text("utf-8").splitlines()) <= 300
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or node.lineno) - node.lineno < 50, node.name
            if node.name == "__init__":
                assert len([*node.args.args, *node.args.kwonlyargs]) <= 1 + 7, f"line {node.lineno}"


def test_no_two_classes_of_the_program_share_a_name() -> None:
    names = [
        node.name
        for path in PROGRAM
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []
