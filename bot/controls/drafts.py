"""Workflows that people are filling in, from one form to the next. In memory: a restart forgets them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.personal_cache import PersonalCache
from bot.domain.workflows import Question, pages
from bot.errors import RequestRefused
from bot.invokeai.workflows.offering import OpenWorkflow

MAX_DRAFTS = 100
MAX_OF_ONE = 3
"""So many may one person have; the oldest goes."""
KEPT = timedelta(minutes=30)
"""After the last form."""
GONE = "This workflow is no longer kept. Start again with /workflow."


@dataclass(frozen=True, slots=True)
class Draft:
    """`typed`: what was filled in so far, by the fields' keys."""

    id: int
    user_id: int
    opened: OpenWorkflow
    typed: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def pages(self) -> tuple[tuple[Question, ...], ...]:
        """The questions in portions of one form."""
        return tuple(pages(self.opened.questions))


class Drafts:
    """Of all people. The newest are kept."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._kept = PersonalCache[Draft](clock, lifetime=KEPT, most=MAX_DRAFTS, most_of_one=MAX_OF_ONE)

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, draft: Draft) -> Draft:
        """From now on for a while."""
        self._kept.put(draft.id, draft.user_id, draft)
        return draft

    def of(self, draft_id: int, user_id: int) -> Draft:
        """RequestRefused for one that is no longer kept, and for one of somebody else."""
        draft = self._kept.get(draft_id, user_id)
        if draft is None:
            raise RequestRefused(GONE)
        return draft

    def add(self, draft: Draft, typed: Mapping[str, str]) -> Draft:
        """The draft with these values too."""
        return self.keep(replace(draft, typed={**draft.typed, **typed}))

    def latest(self, draft: Draft) -> Draft:
        """As it is kept; one that is not stays as it is."""
        return self._kept.get(draft.id, draft.user_id) or draft

    def drop(self, draft: Draft) -> None:
        self._kept.drop(draft.id)

    def has(self, draft: Draft) -> bool:
        return self._kept.get(draft.id, draft.user_id) is not None
