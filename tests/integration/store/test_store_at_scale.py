"""No statement of the store looks through what is over: the past may be as long as it likes."""

import ast
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from store_journey import travel
from store_samples import NOW
from store_work import GROWING, watched

import bot.store
from benchmarks.history import SERVER, fill
from bot.store.asked_schema import metadata
from bot.store.database import Database
from bot.store.ledger import Ledger

JOBS = 5000
MAX_ROWS = 600
"""As many as the largest slice takes, and some that it leaves out."""
STORE = Path(bot.store.__path__[0])
CALLS = frozenset({"execute", "scalar", "scalars"})
ONCE = frozenset({"Ledger.begin", "Outbox.drop_channel"})
"""They forget all that there is, once: of a server whose database is new, of a channel."""


def asking(path: Path) -> set[str]:
    """The functions of a file that ask a table that grows."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return set(_asking(tree, "")) if names & GROWING else set()


def _asking(node: ast.AST, prefix: str) -> list[str]:
    found: list[str] = []
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.ClassDef):
            found += _asking(each, f"{each.name}.")
        elif isinstance(each, ast.AsyncFunctionDef):
            calls = [call.func for call in ast.walk(each) if isinstance(call, ast.Call)]
            if any(isinstance(call, ast.Attribute) and call.attr in CALLS for call in calls):
                found.append(f"{prefix}{each.name}")
    return found


@contextmanager
def called() -> Generator[set[str]]:
    """The functions of the store that run meanwhile."""
    found: set[str] = set()

    def note(frame: FrameType, what: str, _argument: object) -> None:
        if what == "call" and frame.f_code.co_filename.startswith(str(STORE)):
            found.add(frame.f_code.co_qualname)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


ASKING = set[str]().union(*map(asking, STORE.glob("*.py")))


async def test_nothing_that_is_asked_looks_through_what_is_over(database: Database) -> None:
    async with database.transaction() as conn:
        await Ledger(database).begin(conn, SERVER, 0, [])
    await fill(database, JOBS, NOW)
    with called() as functions, watched(database) as found:
        await travel(database, JOBS)
    assert ASKING - functions - ONCE == set(), "store_journey.py has to ask these, too"
    slow = [work for work in found if work.scanned or work.rows > MAX_ROWS]
    assert len(found) > 100
    assert slow == [], "\n\n".join(f"{work.statement}\n{work.plan}" for work in slow)
    plans = "\n".join(work.plan for work in found)
    unused = {name for name in indices() if f" {name} " not in plans.replace("\n", " ")}
    assert not database.is_file or unused == set(), "nothing needs these indices"


def indices() -> set[str]:
    """Those of tables that grow."""
    return {str(index.name) for name in GROWING for index in metadata.tables[name].indexes}
