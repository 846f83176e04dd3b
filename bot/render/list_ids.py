"""What the buttons, the menu and the form of the list of jobs mean, in characters; pure.

jobs:page:<server>:<status or any>:<before or 0>      a page of the list
jobs:find:<server>:<state>:<before>:<board>:<words>   a page of what a search finds
jobs:filter:<server>:<board>:<words>                  the menu of states; it keeps the search
jobs:mine:<server>:<board>:<words>                    the same below a list of the presser's own jobs
jobs:search:<server>:<state>                          the form for a search

`state` is a letter, a capital one for the presser's own jobs; `before` hexadecimal, `board` a `board_key` or
`-`, `words` base64 of UTF-8.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.job_list import JobFilter, searchable
from bot.domain.jobs import JobStatus
from bot.render.id_parts import NUMBER, SERVER, one_of

ANY, MINE, SEARCH = "any", "mine", "search"
"""What can be picked beside a state: all jobs, one's own, and the form for a search."""


@dataclass(frozen=True, slots=True)
class JobsPage:
    """Where in the list of jobs: those of `status` (None: all), below `before` (None: from the newest).

    `board` is a `board_key`, `words` are `searchable`. `mine`: only what was asked for by whoever looks.
    """

    server: str
    status: JobStatus | None = None
    before: int | None = None
    board: str | None = None
    words: str = ""
    mine: bool = False

    def filter_of(self, user_id: int) -> JobFilter:
        """For that person."""
        return JobFilter(self.status, self.board, self.words, user_id if self.mine else None)


@dataclass(frozen=True, slots=True)
class JobsFilter:
    """Which states the list shall show; what is picked is one, or ANY, MINE, SEARCH. The search is kept."""

    server: str
    board: str | None = None
    words: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class JobsSearch:
    """The form for what to look for among the jobs of `status`."""

    server: str
    status: JobStatus | None = None
    mine: bool = False


ListMeaning = JobsPage | JobsFilter | JobsSearch

_PAGE = re.compile(rf"jobs:page:{SERVER}:(?P<status>any|{one_of(JobStatus)}):(?:0|{NUMBER})")
_LETTERS: dict[JobStatus | None, str] = {
    None: "a",
    JobStatus.PENDING: "p",
    JobStatus.IN_PROGRESS: "r",
    JobStatus.WAITING: "w",
    JobStatus.COMPLETED: "c",
    JobStatus.FAILED: "f",
    JobStatus.CANCELED: "x",
    JobStatus.UNKNOWN: "u",
}
_STATES = {
    **{letter: (status, False) for status, letter in _LETTERS.items()},
    **{letter.upper(): (status, True) for status, letter in _LETTERS.items()},
}
"""The state, and whether the jobs are the presser's own."""
_STATE = rf"(?P<state>[{''.join(_STATES)}])"
_SEARCH = r"(?P<board>-|[0-9a-f]{8}):(?P<words>[A-Za-z0-9_-]{0,40})"
_FIND = re.compile(rf"jobs:find:{SERVER}:{_STATE}:(?P<before>0|[1-9a-f][0-9a-f]{{0,15}}):{_SEARCH}")
_FILTER = re.compile(rf"jobs:(?P<whose>filter|mine):{SERVER}:{_SEARCH}")
_FORM = re.compile(rf"jobs:search:{SERVER}:{_STATE}")


def written(meaning: ListMeaning) -> str:
    """The custom id; `custom_ids.encode` checks that it can be read back."""
    match meaning:
        case JobsPage(server, status, before, board, words, mine) if board or words or mine:
            search = _search(board, words)
            return f"jobs:find:{server}:{_letter(status, mine=mine)}:{before or 0:x}:{search}"
        case JobsPage(server, status, before):
            return f"jobs:page:{server}:{status or 'any'}:{0 if before is None else before}"
        case JobsFilter(server, board, words, mine):
            return f"jobs:{'mine' if mine else 'filter'}:{server}:{_search(board, words)}"
        case JobsSearch(server, status, mine):
            return f"jobs:search:{server}:{_letter(status, mine=mine)}"


def _letter(status: JobStatus | None, *, mine: bool) -> str:
    return _LETTERS[status].upper() if mine else _LETTERS[status]


def _page_of(found: re.Match[str]) -> JobsPage:
    status, before = found["status"], found["number"]
    return JobsPage(
        found["server"], None if status == ANY else JobStatus(status), int(before) if before else None
    )


def _found_of(found: re.Match[str]) -> JobsPage | None:
    search = _search_of(found)
    status, mine = _STATES[found["state"]]
    if search is None or (search == (None, "") and not mine):
        return None
    return JobsPage(found["server"], status, int(found["before"], 16) or None, *search, mine)


def _filter_of(found: re.Match[str]) -> JobsFilter | None:
    search = _search_of(found)
    return None if search is None else JobsFilter(found["server"], *search, found["whose"] == "mine")


def _search(board: str | None, words: str) -> str:
    packed = urlsafe_b64encode(words.encode()).decode().rstrip("=")
    return f"{board or '-'}:{packed}"


def _search_of(found: re.Match[str]) -> tuple[str | None, str] | None:
    """The board and the words; None for words that `_search` did not write."""
    packed = found["words"]
    try:
        words = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except ValueError:
        return None
    board = None if found["board"] == "-" else found["board"]
    if words != searchable(words) or _search(board, words) != f"{found['board']}:{packed}":
        return None
    return board, words


READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], ListMeaning | None]], ...] = (
    (_PAGE, _page_of),
    (_FIND, _found_of),
    (_FILTER, _filter_of),
    (_FORM, lambda found: JobsSearch(found["server"], *_STATES[found["state"]])),
)
