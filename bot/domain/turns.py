"""Whose jobs go into the queue next, so that nobody waits behind all of somebody else's. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.domain.submissions import Submission

LEAD = 2
"""So many unfinished jobs of one person are in InvokeAI's queue while others wait for their turn too."""


def next_portion(
    open_ones: Sequence[Submission],
    unfinished: Mapping[int, int],
    *,
    shared: bool,
    served: Mapping[int, int] | None = None,
) -> tuple[Submission, int] | None:
    """What is sent next and how many jobs of it; None: nothing before another job ends.

    `open_ones`: what is not wholly sent yet, oldest first. `unfinished`: how many of a person's jobs are in
    InvokeAI's queue. `shared`: several people may queue, so others may come at any moment; else all goes
    at once, and is drawn even while the bot is away. `served`: when each person was served last, by a count;
    who has as little in the queue as another one, but waits longer, comes first. What runs before
    all that waits waits for nobody.
    """
    if not open_ones:
        return None
    urgent = next((one for one in open_ones if one.first), None)
    if urgent is not None:
        return urgent, urgent.unsent
    if not shared:
        return open_ones[0], open_ones[0].unsent
    firsts: dict[int, Submission] = {}
    sent = Counter[int]()
    for one in open_ones:
        firsts.setdefault(one.asker.user_id, one)
        sent[one.asker.user_id] += one.sent

    def place(person: int) -> tuple[int, int, int]:  # of equal ones who asked first
        return unfinished.get(person, 0), (served or {}).get(person, 0), sent[person]

    person = min(firsts, key=place)
    if unfinished.get(person, 0) >= LEAD:
        return None
    return firsts[person], 1
