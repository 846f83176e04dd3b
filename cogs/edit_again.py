"""Forms that were refused are kept for a while, so that nobody types anything twice."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.discord.replies import ask
from bot.errors import BotError, RequestRefused
from bot.render import forms
from bot.render.message import Modal
from cogs.errors import explain
from cogs.presses import Interaction

MAX_FORMS = 200
FORM_KEPT = timedelta(minutes=15)


class FormRefused(Exception):
    """Why it was refused, and the form with what was typed into it. It ends in `KeptForms.hand_back`."""

    def __init__(self, reason: BotError, form: Modal) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.form = form


@contextmanager
def handing_back(form: Modal) -> Generator[None]:
    """What is refused inside is answered with the sentence, what was typed, and a button *Edit again*.

    `form`: as it was filled in (`forms.refilled`).
    """
    try:
        yield
    except BotError as error:
        raise FormRefused(error, form) from error


@dataclass(frozen=True, slots=True)
class _Kept:
    user_id: int
    until: datetime
    form: Modal


class KeptForms:
    """The newest ones, in memory. After a restart they are gone; the message still has what was typed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._kept: dict[int, _Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def hand_back(self, interaction: Interaction, refusal: FormRefused, what: str) -> None:
        """Answer the form that was refused."""
        self._keep(interaction.id, _Kept(interaction.user.id, self._clock() + FORM_KEPT, refusal.form))
        await explain(
            interaction,
            refusal.reason,
            what,
            lambda sentence: forms.handed_back(sentence, refusal.form, interaction.id),
        )

    async def open_again(self, interaction: Interaction, form_id: int) -> None:
        """RequestRefused for a form that is no longer kept, and for one of somebody else."""
        kept = self._kept.get(form_id)
        if kept is None or kept.until < self._clock() or kept.user_id != interaction.user.id:
            raise RequestRefused(forms.GONE)
        await ask(interaction, kept.form)

    def _keep(self, form_id: int, kept: _Kept) -> None:
        now = self._clock()
        alive = {one: each for one, each in self._kept.items() if each.until >= now}
        self._kept = dict([*alive.items(), (form_id, kept)][-MAX_FORMS:])
