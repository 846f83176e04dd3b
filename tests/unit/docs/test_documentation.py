"""What the documents say stands in the code, and what stands in the code is in the documents."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.discord.server_options import SERVER
from bot.domain import actions
from bot.settings import Settings

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
SETTINGS = Settings.names()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
LOG_LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}


def _first_cells(heading: str) -> list[str]:
    """The code in the first column of the table below that heading of the README."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([^`]+)`", section, flags=re.MULTILINE)


def _keyword(call: ast.Call | ast.ClassDef, name: str) -> str | None:
    for keyword in call.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return None


def _capability(method: ast.AsyncFunctionDef) -> str:
    """What the action of `@needs(actions.…)` takes; a command without it needs an admin."""
    for one in method.decorator_list:
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "needs":
            row: actions.Action = getattr(actions, ast.unparse(one.args[0]).removeprefix("actions."))
            return row.capability.name.lower()
    return "admin"


def _renamed(method: ast.AsyncFunctionDef) -> dict[str, str]:
    """What `@app_commands.rename(…)` says: the option's name for a person, by the argument's."""
    calls = [one for one in method.decorator_list if isinstance(one, ast.Call)]
    return {
        keyword.arg or "": ast.literal_eval(keyword.value)
        for call in calls
        if ast.unparse(call.func) == "app_commands.rename"
        for keyword in call.keywords
    }


def _commands() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each slash command of the cogs: its whole name, who may, its options but for `server`."""
    for path in sorted((ROOT / "cogs").glob("*.py")):
        for cog in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(cog, ast.ClassDef):
                continue
            group = _keyword(cog, "group_name")
            for method in cog.body:
                if not isinstance(method, ast.AsyncFunctionDef):
                    continue
                for one in method.decorator_list:
                    if isinstance(one, ast.Call) and ast.unparse(one.func) == "app_commands.command":
                        name = _keyword(one, "name") or method.name
                        renamed = _renamed(method)
                        arguments = (*method.args.args[2:], *method.args.kwonlyargs)
                        named = (renamed.get(argument.arg, argument.arg) for argument in arguments)
                        options = tuple(name for name in named if name != SERVER)
                        yield f"/{group} {name}" if group else f"/{name}", _capability(method), options


COMMANDS = list(_commands())


def test_the_readme_s_table_has_every_setting_and_no_other() -> None:
    assert sorted(_first_cells("Settings")) == sorted(SETTINGS)


def test_the_readme_s_table_has_every_slash_command_and_no_other() -> None:
    named = [" ".join(re.sub(r"\[.*?\]", "", cell).split()) for cell in _first_cells("Commands")]
    required = {
        "/job": "/job job",
        "/retry": "/retry job",
        "/again": "/again job",
        "/next": "/next job",
        "/imagine": "/imagine prompt",
        "/workflow": "/workflow name",
    }
    required |= {"/style save": "/style save job name"}
    required |= {name: f"{name} name" for name in ("/style show", "/style delete")}
    assert sorted(named) == sorted(required.get(name, name) for name, _, _ in COMMANDS)


@pytest.mark.parametrize(("name", "capability", "options"), COMMANDS, ids=[name for name, _, _ in COMMANDS])
def test_the_readme_tells_a_command_s_options_and_who_may(
    name: str, capability: str, options: tuple[str, ...]
) -> None:
    [row] = re.findall(rf"^\| `{name}(?: [^`]*)?` \|.*$", README, flags=re.MULTILINE)
    cell = row.split("`")[1].removeprefix(name)
    assert re.findall(r"\w+", cell) == list(options)
    assert row.rstrip(" |").endswith(f"| {capability}")


def _decorators(tree: ast.Module, beginning: str) -> list[str]:
    """What stands above the functions of a file and begins so."""
    written = [
        ast.unparse(one)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for one in node.decorator_list
    ]
    return [one for one in written if one.startswith(beginning)]


def test_the_readme_names_every_subcommand_of_the_command_line() -> None:
    tree = ast.parse((ROOT / "bot" / "__main__.py").read_text("utf-8"))
    names = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(one) == "cli.command()" for one in node.decorator_list)
    }
    assert names
    assert set(re.findall(r"invokeai-discord (\w+)`", README)) == names
    for group in ("outbox", "channels", "guilds"):
        below = set(re.findall(r"'(\w+)'", " ".join(_decorators(tree, f"{group}.command("))))
        assert below
        assert set(re.findall(rf"invokeai-discord {group} (\w+)", README)) == below


def test_the_example_of_an_env_file_names_only_real_settings() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, flags=re.MULTILINE))
    assert named
    assert named <= SETTINGS


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_make_target_that_a_document_names_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([\w-]+)", path.read_text("utf-8"), flags=re.MULTILINE))
    assert named <= targets
    assert named or path.name != "README.md"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_link_from_a_document_into_the_repository_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def _rooms_in_the_tree() -> list[str]:
    """The files and folders that the tree of docs/architecture.md lists, as paths from the root."""
    tree = ARCHITECTURE.split("## Rooms\n", 1)[1].split("```")[1]
    folders: list[str] = []
    found: list[str] = []
    for line in tree.strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        del folders[depth:]
        found.append("".join(folders) + name)
        if name.endswith("/"):
            folders.append(name)
    return [room for room in found if room.count("/") > 1 or not room.endswith("/")]


def test_the_architecture_names_every_folder_and_loose_file_of_bot() -> None:
    rooms = {
        f"bot/{path.name}/" if path.is_dir() else f"bot/{path.name}"
        for path in (ROOT / "bot").iterdir()
        if not path.name.startswith("__") or path.name == "__main__.py"
    }
    named = {room for room in _rooms_in_the_tree() if room.startswith("bot/")}
    assert named == rooms


def _texts(expression: ast.expr) -> Iterator[str]:
    """The text that the expression is, or each of the two that it may be."""
    if isinstance(expression, ast.IfExp):
        yield from _texts(expression.body)
        yield from _texts(expression.orelse)
    elif isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.value


def _log_calls() -> Iterator[tuple[str, list[str]]]:
    """Each call of a log level in bot and cogs: where it stands, and its event's possible names."""
    for path in (*(ROOT / "bot").rglob("*.py"), *(ROOT / "cogs").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            either = [call.func.body, call.func.orelse] if isinstance(call.func, ast.IfExp) else [call.func]
            logs = [each for each in either if isinstance(each, ast.Attribute) and each.attr in LOG_LEVELS]
            of_log = any(ast.unparse(each.value) == "log" for each in logs)
            names = [name for argument in call.args[:1] for name in _texts(argument)]
            if of_log or (logs and names):
                yield f"{path.relative_to(ROOT)}:{call.lineno}", names


LOG_CALLS = list(_log_calls())


def test_each_log_event_has_a_name_that_can_be_searched_for() -> None:
    unnamed = [where for where, names in LOG_CALLS if not names]
    odd = [name for _, names in LOG_CALLS for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)]
    assert LOG_CALLS
    assert (unnamed, odd) == ([], [])


def test_operations_lists_every_log_event_and_no_other() -> None:
    table = OPERATIONS.split("\n## Logs\n", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| (`[^|]+) \|", table, flags=re.MULTILINE)
    listed = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(listed) == sorted({name for _, names in LOG_CALLS for name in names})


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/glossary.md", "docs/architecture.md"])
def test_a_path_that_a_document_names_exists(document: str) -> None:
    """From the root or from bot; without an ending it is a folder or a module."""
    text = "".join((ROOT / document).read_text("utf-8").split("```")[::2])
    named = re.findall(r"`([\w.]+/[\w./-]*)`", text)
    missing = [
        path
        for path in named
        if not any((base / one).exists() for base in (ROOT, ROOT / "bot") for one in (path, f"{path}.py"))
    ]
    assert named
    assert missing == []


@pytest.mark.parametrize("document", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_a_file_of_ours_that_a_page_names_exists(document: Path) -> None:
    """With its folder, from the root; without an ending it is a folder or a module."""
    named = re.findall(
        r"`((?:bot|cogs|sandbox|tests|benchmarks|deploy)/[\w./-]*)`", document.read_text("utf-8")
    )
    assert [one for one in named if not ((ROOT / one).exists() or (ROOT / f"{one}.py").exists())] == []


def test_contributing_says_for_twenty_changes_which_file_to_open() -> None:
    table = CONTRIBUTING.split("\n## To change this, open that\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split(" | ") for line in table.strip().splitlines()[2:]]
    assert len(rows) == 20
    assert all("`" in opened and "`tests/" in tested for _, opened, tested in rows)


def test_the_architecture_draws_the_floors_that_import_linter_keeps() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    floors = linter["contracts"][0]["layers"]
    drawn = ARCHITECTURE.split("\n## Floors\n", 1)[1].split("```")[1].strip().splitlines()
    assert [line.replace("bot.", "") for line in drawn] == ["cogs", *floors]
