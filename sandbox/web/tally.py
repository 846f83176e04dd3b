"""Which jobs the channel has been told of, and how often: once each is the bot's promise."""

import re
from collections import Counter

from sandbox.discord.state import Message
from sandbox.invokeai.item import Item

ENDS = "✅⏳❌🚫"
_NUMBERS = re.compile(r"(?<![\w\\])(?<!part of )#(\d+)(?:–#(\d+))?")
_SERVER = re.compile(r"\S+ ([a-z0-9-]{1,20}) · ")
_FOREIGN = re.compile("“[^”]*”")


def jobs_told(shown: Message) -> set[int]:
    """The numbers in the line of a notice that says how jobs ended; prompts and answers do not count, nor
    does the line at a batch's end, which replies to what told of its jobs.
    """
    answers = shown.interaction is not None or shown.reference_id is not None
    if answers or not shown.content[:1] or shown.content[0] not in ENDS:
        return set()
    told: set[int] = set()
    for first, last in _NUMBERS.findall(_FOREIGN.sub("", shown.content)):
        told |= set(range(int(first), int(last or first) + 1))
    return told


def server_told(shown: Message) -> str:
    """The InvokeAI that the line of a notice names; empty where there is only one."""
    found = _SERVER.match(shown.content)
    return found[1] if found else ""


def is_news(item: Item) -> bool:
    """Whether people hear of the item's end; of what nobody but InvokeAI's canvas waits for, if it failed."""
    nodes = item.session["graph"]["nodes"].values()
    return item.status == "failed" or any(not node["is_intermediate"] for node in nodes)


class Tally:
    """Counts the messages that told of each job, by its server and number."""

    def __init__(self) -> None:
        self._told: dict[int, set[tuple[str, int]]] = {}

    def note(self, shown: Message) -> None:
        server = server_told(shown)
        self._told[shown.id] = {(server, number) for number in jobs_told(shown)}

    def forget(self, shown: Message) -> None:
        self._told.pop(shown.id, None)

    def counts(self) -> Counter[tuple[str, int]]:
        return Counter(job for jobs in self._told.values() for job in jobs)
