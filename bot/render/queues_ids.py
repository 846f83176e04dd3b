"""What concerns the queues of all InvokeAI at once, as custom ids; `custom_ids` has those of one.

queues:all       the button that shows all of them
queues:open      a menu of them; what is picked is a server's name
"""

from dataclasses import dataclass

_ALL, _OPEN = "queues:all", "queues:open"


@dataclass(frozen=True, slots=True)
class AllQueues:
    """All of them at a glance."""


@dataclass(frozen=True, slots=True)
class QueuesMenu:
    """One of them."""


OfQueues = AllQueues | QueuesMenu


def written(meaning: OfQueues) -> str:
    return _ALL if isinstance(meaning, AllQueues) else _OPEN


def read(custom_id: str) -> OfQueues | None:
    return {_ALL: AllQueues(), _OPEN: QueuesMenu()}.get(custom_id)
