"""Forms that people opened below a message with pictures, until they are filled in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.discord.message_pictures import MessagePicture
from bot.domain.personal_cache import PersonalCache
from bot.errors import RequestRefused
from bot.render.message import Modal

MAX_FORMS = 200
FORM_KEPT = timedelta(hours=1)
"""Long enough for one that was refused and opened again."""
GONE = "The bot no longer knows which picture that was. Choose “Use as input…” on its message again."


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Who opened a form for which pictures; `style` is used where the form asks for none."""

    user_id: int
    pictures: Sequence[MessagePicture]
    style: str | None
    form: Modal


class OpenForms:
    """The newest ones, in memory: a custom id is too short for an address that Discord signed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._kept = PersonalCache[OpenForm](clock, lifetime=FORM_KEPT, most=MAX_FORMS)

    def keep(self, form_id: int, opened: OpenForm) -> None:
        self._kept.put(form_id, opened.user_id, opened)

    def of(self, form_id: int, user_id: int) -> OpenForm:
        """RequestRefused for one that is no longer kept, and for one of somebody else."""
        opened = self._kept.get(form_id, user_id)
        if opened is None:
            raise RequestRefused(GONE)
        return opened
