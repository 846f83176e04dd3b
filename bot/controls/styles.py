"""Styles: finished jobs whose graphs are kept under a name, and the one that is taken where none is named."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.creation import DeletedStyle, StyleList, StyleView, Template
from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.styles import MAX_NAME, SavedStyle, StyleCheck, StyleName, StylePart
from bot.errors import InvokeAIError, RequestRefused
from bot.store.styles import WHOLE_GUILD, Styles

NEWEST = 10
"""So many of the newest finished jobs are looked at for one whose prompt can be told."""
THUMBNAIL_BYTES = 1024 * 1024


class StyleClient(Protocol):
    """What InvokeAI is asked of a graph; `InvokeAIClient.creation` has it."""

    async def graph_of(self, number: int) -> str: ...
    def check(self, graph: str) -> StyleCheck: ...
    async def missing(self, graph: str, *, but: str | None = None) -> str | None: ...


class JobClient(Protocol):
    """What InvokeAI is asked of jobs; `InvokeAIClient` has it."""

    async def job(self, number: int) -> Job: ...
    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = NEWEST
    ) -> JobPage: ...
    async def thumbnail(self, name: str, limit: int) -> bytes: ...


class StyleControls:
    """Of one server. `guild_id` 0 stands for direct messages."""

    def __init__(
        self,
        server: str,
        jobs: JobClient,
        graphs: StyleClient,
        styles: Styles,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._server = server
        self._jobs = jobs
        self._graphs = graphs
        self._styles = styles
        self._clock = clock

    async def save(self, guild_id: int, number: int, name: str, user_id: int) -> StyleView:
        """Keep that job's graph under the name, in the place of what had it. RequestRefused unless the job
        made a picture whose prompt can be told.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise RequestRefused(f"A style's name has 1 to {MAX_NAME} letters. Choose another one.")
        job = await self._jobs.job(number)
        if job.status is not JobStatus.COMPLETED or not job.images:
            raise RequestRefused(f"#{number} has no finished picture. Choose a job that has.")
        graph = await self._graphs.graph_of(number)
        check = self._graphs.check(graph)
        if StylePart.PROMPT in check.unknown:
            raise RequestRefused(
                f"It can't be told which text of #{number} is its prompt, so it can't become a style."
            )
        about = StyleName(guild_id, name, self._server, number, user_id, self._clock())
        style = SavedStyle(about, graph, await self._thumbnail(job))
        await self._styles.save(style)
        return StyleView(style, check, await self._graphs.missing(graph))

    async def all(self, guild_id: int) -> Sequence[StyleName]:
        """By name."""
        return await self._styles.all(guild_id)

    async def show(self, guild_id: int, name: str) -> StyleView:
        """RequestRefused if there is none of that name."""
        style = await self._named(guild_id, name)
        return StyleView(style, self._graphs.check(style.graph), await self._graphs.missing(style.graph))

    async def listed(self, guild_id: int, channel_id: int | None) -> StyleList:
        """With the defaults, as that channel has them."""
        defaults = await self._styles.defaults(guild_id)
        here = defaults.get(channel_id) if channel_id is not None else None
        return StyleList(await self.all(guild_id), here, defaults.get(WHOLE_GUILD))

    async def delete(self, guild_id: int, name: str) -> DeletedStyle:
        """With where it was the default. RequestRefused if there is none of that name."""
        about = (await self._named(guild_id, name)).about
        defaults = await self._styles.defaults(guild_id)
        places = [place for place, default in defaults.items() if default == about.name]
        await self._styles.delete(guild_id, name)
        everywhere = WHOLE_GUILD in places
        return DeletedStyle(about, everywhere, len(places) - everywhere)

    async def make_default(self, guild_id: int, name: str | None, channel_id: int | None) -> StyleName | None:
        """What is taken where no style is named, in the channel or the whole guild; None: no style."""
        style = await self._named(guild_id, name) if name is not None else None
        await self._styles.make_default(guild_id, name, channel_id)
        return style.about if style else None

    async def from_a_picture(self, guild_id: int, channel_id: int | None, most: int) -> list[str]:
        """The styles with one input image, the default first; none, where what /imagine takes without a style
        has one. RequestRefused where nothing has.
        """
        default = await self._styles.default(guild_id, channel_id)
        known = [each.name for each in await self._styles.all(guild_id)]
        if default is not None:
            known.sort(key=lambda name: name != default.about.name)
        found: list[str] = []
        for name in known:
            style = await self._styles.of(guild_id, name)
            if len(found) < most and style is not None and self._graphs.check(style.graph).image is not None:
                found.append(name)
        if (
            not found
            and self._graphs.check((await self.template(guild_id, channel_id, None)).graph).image is None
        ):
            raise RequestRefused(
                "No style here starts from a picture. Save one with /style save, from a job that does."
            )
        return found

    async def template(self, guild_id: int, channel_id: int | None, name: str | None) -> Template:
        """The named style; or the channel's, or the guild's default; or else the newest finished picture
        whose prompt can be told. RequestRefused where there is none.
        """
        found = await self.saved(guild_id, channel_id, name)
        if found is not None:
            return found
        newest = await self.newest()
        if newest is None:
            raise RequestRefused(
                "There is no picture to go by yet: make one in InvokeAI, or save a style with /style save."
            )
        return newest[1]

    async def saved(self, guild_id: int, channel_id: int | None, name: str | None) -> Template | None:
        """The named style (RequestRefused if there is none); or the default, if there is one."""
        style = await (self._named(guild_id, name) if name else self._styles.default(guild_id, channel_id))
        return None if style is None else Template(style.graph, style.about.number, style.about.name)

    async def newest(self) -> tuple[datetime, Template] | None:
        """The newest finished picture whose prompt can be told, and when that was."""
        page = await self._jobs.jobs(status=JobStatus.COMPLETED, limit=NEWEST)
        for job in page.jobs:
            found = await self._like(job)
            if found is not None:
                return job.completed_at or job.created_at, found
        return None

    async def lacks(self, template: Template, *, replaced: bool) -> str | None:
        """What this InvokeAI lacks to run it, in words; None: nothing. `replaced`: another input image is
        given.
        """
        but = self._graphs.check(template.graph).image if replaced else None
        return await self._graphs.missing(template.graph, but=but)

    async def view(self, guild_id: int, name: str) -> StyleView:
        """Without a look at what is missing. RequestRefused if there is none of that name."""
        style = await self._named(guild_id, name)
        return StyleView(style, self._graphs.check(style.graph))

    async def _like(self, job: Job) -> Template | None:
        try:
            graph = await self._graphs.graph_of(job.number)
        except (InvokeAIError, RequestRefused):
            return None
        if StylePart.PROMPT in self._graphs.check(graph).unknown:
            return None
        whole = await self._jobs.job(job.number)
        return Template(graph, job.number) if whole.images and not whole.hidden else None

    async def _named(self, guild_id: int, name: str) -> SavedStyle:
        style = await self._styles.of(guild_id, name)
        if style is None:
            raise RequestRefused("There is no style of that name here. /style list shows them.")
        return style

    async def _thumbnail(self, job: Job) -> bytes | None:
        """Another thing than a picture would be a style without one."""
        try:
            return await self._jobs.thumbnail(job.images[0], THUMBNAIL_BYTES)
        except InvokeAIError:
            return None
