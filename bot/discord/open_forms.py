"""Forms that people opened below a message with pictures, until they are filled in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.discord.message_pictures import MessagePicture
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
        self._clock = clock
        self._kept: dict[int, tuple[datetime, OpenForm]] = {}

    def keep(self, form_id: int, opened: OpenForm) -> None:
        now = self._clock()
        alive = {one: each for one, each in self._kept.items() if each[0] + FORM_KEPT >= now}
        self._kept = dict([*alive.items(), (form_id, (now, opened))][-MAX_FORMS:])

    def of(self, form_id: int, user_id: int) -> OpenForm:
        """RequestRefused for one that is no longer kept, and for one of somebody else."""
        now = self._clock()
        since, opened = self._kept.get(form_id, (now, None))
        if opened is None or since + FORM_KEPT < now or opened.user_id != user_id:
            raise RequestRefused(GONE)
        return opened
