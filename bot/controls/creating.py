"""From a sentence to a picture: what a person asks for, checked, made into a batch and queued for them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.controls.feeding import Feeder
from bot.controls.quotas import Quotas
from bot.controls.retries import Retrier
from bot.controls.styles import StyleControls
from bot.domain.creation import Imagined, Submitted, Template, Wish
from bot.domain.jobs import Job
from bot.domain.queue import Outlook
from bot.domain.refused_words import RefusedWords
from bot.domain.styles import StyleChanges, StyleCheck, StylePart
from bot.domain.submissions import Asker, Owned, PersonUsage, Quota, Retry, Usage
from bot.errors import ConversionFailed, RequestRefused
from bot.invokeai.requeue.batch import SEEDS, BatchBody

MAX_PROMPT = 4000


class CreationClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient.creation` has it."""

    def check(self, graph: str) -> StyleCheck: ...
    async def batch(self, graph: str, changes: StyleChanges, seeds: Sequence[int]) -> BatchBody: ...
    async def upload(self, data: bytes, content_type: str) -> str: ...


class Outlooks(Protocol):
    """What the queue is like; `QueueViews` knows."""

    async def outlook(self, submitted: Submitted, *, first: bool) -> Outlook | None: ...


@dataclass(frozen=True, slots=True)
class CreationRules:
    """What one person may have, and what nobody may ask for."""

    quota: Quota
    words: RefusedWords
    quotas: Quotas = field(default_factory=Quotas)
    """What people have: where there are several servers, on all of them together."""


class Creating:
    """Of one server. `outlook` knows the queue; `below` draws a whole number from 0 to one less than its
    argument; `prepared` makes a picture upright and bare (ConversionFailed if it is none).
    """

    def __init__(
        self,
        client: CreationClient,
        styles: StyleControls,
        feeder: Feeder,
        *,
        rules: CreationRules,
        outlook: Outlooks,
        below: Callable[[int], int],
        prepared: Callable[[bytes], Awaitable[bytes]],
    ) -> None:
        self._client = client
        self._styles = styles
        self._feeder = feeder
        self._rules = rules
        self._outlook = outlook
        self._below = below
        self._prepared = prepared
        rules.quotas.add(feeder)

    async def imagine(self, asker: Asker, wish: Wish, template: Template | None = None) -> Imagined:
        """Queued for that person, like the template where there is one. RequestRefused, QuotaReached,
        InvokeAIError: as its sentence says.
        """
        self.require_words(wish.prompt, wish.negative)
        if template is None:
            template = await self._styles.template(asker.guild_id or 0, asker.channel_id, wish.style)
        check = self._client.check(template.graph)
        _require_parts(wish, check, template)
        await self._require_room(asker, wish.count)
        image = None if wish.image is None else await self.upload(wish.image)
        changes = StyleChanges(wish.prompt, wish.negative, image=image)
        try:
            body = await self._client.batch(template.graph, changes, self._seeds(wish))
        except RequestRefused as error:
            reason = f"{error}"[:1].lower() + f"{error}"[1:]
            raise RequestRefused(f"{_named(template)} can't be used: {reason}") from error
        submitted = await self.submit(asker, body, first=wish.first)
        return Imagined(submitted, template, body.seeds, await self.outlook(submitted, first=wish.first))

    async def submit(self, asker: Asker, body: BatchBody, *, first: bool = False) -> Submitted:
        """The batch is this person's. QuotaReached with the figure; else as `Feeder.submit`."""
        async with self._rules.quotas.turn:
            await self._require_room(asker, body.jobs)
            return await self._feeder.submit(asker, body, first=first)

    async def retry(
        self, asker: Asker, jobs: Sequence[Job], above: int, retry: Retrier
    ) -> Mapping[int, Retry]:
        """InvokeAI's own retry of these jobs, for this person. As `submit`, and `RetriedJobs.send`."""
        async with self._rules.quotas.turn:
            await self._require_room(asker, len(jobs))
            return await self._feeder.retries.send(asker, jobs, above, retry)

    async def retried_as(self, row: Retry, new: Job) -> None:
        """The new job of that retry."""
        await self._feeder.retries.named(row, new)

    async def owner(self, job: Job) -> Asker | None:
        """Who asked for that job, or for the retry that it is. None: nobody asked the bot."""
        return await self._feeder.owner(job)

    async def owner_of_batch(self, job: Job) -> Asker | None:
        """Who asked for that job's batch."""
        return await self._feeder.owner_of_batch(job)

    async def owned(self, user_id: int) -> Owned:
        """What that person asked for, the newest."""
        return await self._feeder.owned(user_id)

    async def require_room(self, asker: Asker) -> None:
        """QuotaReached, with the figure, unless one more job may be this person's."""
        await self._require_room(asker, 1)

    async def _require_room(self, asker: Asker, jobs: int) -> None:
        """QuotaReached, with the figure, unless the person may have so many more."""
        if asker.counted:
            usage = await self._rules.quotas.usage(asker.user_id)
            self._rules.quota.require(usage, jobs, self._feeder.now())

    async def outlook(self, submitted: Submitted, *, first: bool = False) -> Outlook | None:
        """When what was submitted just now should be done; None where InvokeAI does not tell."""
        return await self._outlook.outlook(submitted, first=first)

    async def usage(self, user_id: int) -> tuple[Usage, Quota]:
        return await self._rules.quotas.usage(user_id), self._rules.quota

    async def everybody(self, guild_id: int | None) -> tuple[Sequence[PersonUsage], Quota]:
        """What each person has who asked in that guild, or anywhere."""
        return await self._rules.quotas.everybody(guild_id), self._rules.quota

    def require_words(self, *texts: str | None) -> None:
        """As `require_allowed`; and RequestRefused if the first one is empty."""
        if not (texts[0] or "").strip():
            raise RequestRefused("Say what the picture shows; nothing was queued.")
        self.require_allowed(*texts)

    def require_allowed(self, *texts: str | None) -> None:
        """RequestRefused if one is too long, or has a word that the owner refuses."""
        if any(len(text) > MAX_PROMPT for text in texts if text):
            raise RequestRefused(f"A prompt has at most {MAX_PROMPT:,} letters. Make it shorter.")
        word = self._rules.words.found_in(*texts)
        if word is not None:
            raise RequestRefused(f"The owner of this bot does not allow “{word}” in a prompt.")

    def _seeds(self, wish: Wish) -> list[int]:
        if wish.seed is None:
            return [self._below(SEEDS) for _ in range(wish.count)]
        return [(wish.seed + step) % SEEDS for step in range(wish.count)]

    async def upload(self, image: bytes) -> str:
        """The name that a person's picture has in InvokeAI. RequestRefused if it is none."""
        try:
            data = await self._prepared(image)
        except ConversionFailed as error:
            raise RequestRefused(str(error)) from error
        return await self._client.upload(data, "image/png")


def _require_parts(wish: Wish, check: StyleCheck, template: Template) -> None:
    """RequestRefused, naming the style, where it has no one place for what is asked."""
    name = _named(template)
    if wish.negative is not None and StylePart.NEGATIVE in check.unknown:
        raise RequestRefused(f"{name} has no negative prompt. Leave it out, or choose another style.")
    if wish.seed is not None and not check.seed:
        raise RequestRefused(f"{name} has no seed that could be set. Leave the seed out.")
    if wish.image is not None and check.image is None:
        how = "several input images" if check.images else "no input image"
        raise RequestRefused(f"{name} has {how}. Choose a style with one.")


def _named(template: Template) -> str:
    return f"The style “{template.name}”" if template.name else "The newest picture"
