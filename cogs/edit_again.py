"""Forms that were refused are kept for a while, so that nobody types anything twice."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.discord.replies import ask
from bot.domain.personal_cache import PersonalCache
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


class KeptForms:
    """The newest ones, in memory. After a restart they are gone; the message still has what was typed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._kept = PersonalCache[Modal](clock, lifetime=FORM_KEPT, most=MAX_FORMS)

    def __len__(self) -> int:
        return len(self._kept)

    async def hand_back(self, interaction: Interaction, refusal: FormRefused, what: str) -> None:
        """Answer the form that was refused."""
        self._kept.put(interaction.id, interaction.user.id, refusal.form)
        await explain(
            interaction,
            refusal.reason,
            what,
            lambda sentence: forms.handed_back(sentence, refusal.form, interaction.id),
        )

    async def open_again(self, interaction: Interaction, form_id: int) -> None:
        """RequestRefused for a form that is no longer kept, and for one of somebody else."""
        form = self._kept.get(form_id, interaction.user.id)
        if form is None:
            raise RequestRefused(forms.GONE)
        await ask(interaction, form)
