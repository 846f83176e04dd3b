"""What a person sees of the bot's answer to an interaction; it stays current as the bot edits."""

from collections.abc import Callable

from sandbox.discord.foreign import Json
from sandbox.discord.interactions import Interaction, Stage
from sandbox.discord.state import Edit, File, Message

THINKING = (Stage.DEFERRED, Stage.TAKEN_BACK)


class NoAnswer(TimeoutError):
    """“The application did not respond”."""


class Answer:
    """`latency` in seconds to the first response. `edits` are the versions before the present one."""

    def __init__(self, interaction: Interaction) -> None:
        self.interaction = interaction

    @property
    def message(self) -> Message:
        """The bot's message, or the one whose component was used. Raises LookupError if there is none."""
        if self.interaction.instead is not None:
            return self.interaction.instead
        if self.interaction.original is None or self.interaction.deleted:
            raise LookupError("the bot answered with no message")
        return self.interaction.original

    @property
    def content(self) -> str:
        return self.message.content

    @property
    def text(self) -> str:
        """Every word in content, embeds and components."""
        return self.message.text

    @property
    def embeds(self) -> list[Json]:
        return self.message.embeds

    @property
    def components(self) -> list[Json]:
        return self.message.components

    @property
    def files(self) -> list[File]:
        return self.message.files

    @property
    def edits(self) -> list[Edit]:
        return self.message.edits

    @property
    def ephemeral(self) -> bool:
        """Whether only the person sees it, now."""
        instead = self.interaction.instead
        return self.interaction.ephemeral if instead is None else instead.ephemeral_for is not None

    @property
    def deferred(self) -> bool:
        return self.interaction.deferred

    @property
    def followups(self) -> list[Message]:
        return list(self.interaction.followups)

    @property
    def modal(self) -> Json | None:
        return self.interaction.modal

    @property
    def latency(self) -> float:
        if self.interaction.answered_at is None:
            raise LookupError("not answered")
        return self.interaction.answered_at - self.interaction.at

    async def wait_for(self, wanted: Callable[["Answer"], bool], *, timeout: float = 5.0) -> "Answer":  # noqa: ASYNC109 - see Watch
        """Until the answer, edited or followed up, is `wanted`. Raises TimeoutError."""
        await self.interaction.watch.until(
            lambda: wanted(self), timeout=timeout, what="a change of the answer"
        )
        return self


async def first_answer(interaction: Interaction, *, within: float, patience: float) -> Answer:
    """Waits for the first response, and after a deferral for what follows it. Raises NoAnswer."""
    watch = interaction.watch
    try:
        await watch.until(
            lambda: interaction.stage is not Stage.OPEN, timeout=within, what="the first response"
        )
    except TimeoutError as error:
        raise NoAnswer(f"the application did not respond: {error}") from None
    if interaction.stage in THINKING:
        try:
            what = "the edit of a deferred response"
            await watch.until(lambda: interaction.stage not in THINKING, timeout=patience, what=what)
        except TimeoutError as error:
            raise NoAnswer(f"the application is still thinking: {error}") from None
    return Answer(interaction)
