"""House rules that a test can keep."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import errors
from bot.errors import BotError, DeliveryDelayed

ROOT = Path(__file__).parents[3]


def _tree(kind: type[BotError] = BotError) -> Iterator[type[BotError]]:
    yield kind
    for child in kind.__subclasses__():
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
