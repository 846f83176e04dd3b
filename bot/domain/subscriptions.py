"""What a channel may see, and how it is told. Pure; what a person asks for is a `PreferencesChange` first."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.events import EventKind
from bot.domain.jobs import Job, JobStatus, Purpose
from bot.domain.quiet_hours import Buzz, Rule, quiet_hours
from bot.errors import RequestRefused

ENDS = frozenset({EventKind.COMPLETED, EventKind.FAILED, EventKind.CANCELED, EventKind.INTERRUPTED})
ANY = "any"
NO_BOARD = "none"
"""InvokeAI's own word for images that lie on no board."""
OFF = "off"
MAX_WORDS = 20
MAX_WORD = 100


class MentionKind(StrEnum):
    ROLE = "role"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Mention:
    """Whom each notice mentions: a role or a person, by Discord's id."""

    kind: MentionKind
    id: int

    def __str__(self) -> str:
        """As it stands in a message."""
        return f"<@&{self.id}>" if self.kind is MentionKind.ROLE else f"<@{self.id}>"


class Mine(StrEnum):
    """How a channel tells who asked there for a job that it is over, besides the notice."""

    MENTION = "mention"
    DIRECT = "direct"
    """A direct message."""
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """How much of a job is shown, whichever way it gets to a reader: prompts behind bars, or none at all."""

    spoiler: bool = False
    hide_prompts: bool = False

    @property
    def restricted(self) -> bool:
        return self.spoiler or self.hide_prompts


@dataclass(frozen=True, slots=True)
class Preferences:
    """Which jobs a channel hears of, and how. The defaults: every job, buzzing once a batch.

    A filter is a set of casefolded words, of which one must match exactly; an empty one matches every job.
    Boards are board ids, or `none` for images that lie on no board. `unreadable` names the filters that are
    kept but can't be read: while there is one, the channel is told nothing.
    """

    origins: frozenset[str] = frozenset()
    destinations: frozenset[str] = frozenset()
    boards: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    rule: Rule = field(default_factory=Rule)
    spoiler: bool = False
    hide_prompts: bool = False
    mention: Mention | None = None
    mine: Mine = Mine.MENTION
    live: bool = True
    """The card that shows what runs."""
    queue_empty: bool = True
    """A notice when the queue is empty again after much was done."""
    others: bool = True
    """A line for each job of somebody else, where the bot's account may not look into it."""
    canvas: bool = False
    """Pictures that the canvas stages are told like finished ones."""
    unreadable: frozenset[str] = frozenset()

    @property
    def filtered(self) -> bool:
        """Whether only some jobs are wanted."""
        return bool(self.origins or self.destinations or self.boards or self.users or self.unreadable)

    @property
    def disclosure(self) -> Disclosure:
        return Disclosure(self.spoiler, self.hide_prompts)

    def match(self, job: Job) -> bool:
        """Whether the channel wants to hear of this job. What is not known of a job matches no filter."""
        return (
            not self.unreadable
            and (self.others or not job.hidden)
            and _fits(self.origins, job.origin)
            and _fits(self.destinations, job.destination)
            and _fits(self.users, job.user)
            and _fits(self.boards, *job.boards)
        )


def _fits(wanted: frozenset[str], *found: str | None) -> bool:
    return not wanted or any(word is not None and word.casefold() in wanted for word in found)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one channel wants to hear. `servers`: of which InvokeAI, by their names; None: of every one."""

    channel_id: int
    guild_id: int
    servers: frozenset[str] | None
    kinds: frozenset[EventKind]
    preferences: Preferences = field(default_factory=Preferences)

    @property
    def only_server(self) -> str | None:
        """The one that the channel is about; None: it is about several, or all."""
        return next(iter(self.servers)) if self.servers is not None and len(self.servers) == 1 else None

    def hears_of(self, server: str) -> bool:
        """Whether anything of that InvokeAI is told here."""
        chosen = self.servers is None or server in self.servers
        return bool(self.kinds) and chosen and not self.preferences.unreadable

    def tells(self, kind: EventKind, job: Job) -> bool:
        """Whether a notice of that end of the job comes here, if anything of its InvokeAI does."""
        silent = job.silent and not (job.status is JobStatus.COMPLETED and self._shows_picture_of(job))
        return kind in self.kinds and not silent and self.preferences.match(job)

    def may_show(self, job: Job) -> bool:
        """Whether everybody here may see this job: its end is, was or may yet be told here."""
        ends = {
            JobStatus.COMPLETED: EventKind.COMPLETED,
            JobStatus.FAILED: EventKind.FAILED,
            JobStatus.CANCELED: EventKind.INTERRUPTED if job.interrupted else EventKind.CANCELED,
        }
        ended = ends.get(job.status)
        told = self.preferences.match(job) if ended is None else self.tells(ended, job)
        return told and self.hears_of(job.server)

    def may_list(self, server: str) -> bool:
        """Whether everybody here may see which jobs there are: all ends of all jobs are told here."""
        all_jobs = self.preferences.others and not self.preferences.filtered
        return self.hears_of(server) and self.kinds >= ENDS and all_jobs

    def wants_card(self, server: str) -> bool:
        """Whether the channel has a live card of that InvokeAI."""
        return self.preferences.live and self.hears_of(server)

    def may_preview(self, job: Job) -> bool:
        """Whether its picture may be seen while it is made: as the finished one would be, in the clear."""
        told = EventKind.COMPLETED in self.kinds and self._shows_picture_of(job)
        return told and not self.preferences.disclosure.restricted

    def _shows_picture_of(self, job: Job) -> bool:
        if job.purpose is Purpose.STAGING:
            return self.preferences.canvas
        return job.purpose is Purpose.FINAL


@dataclass(frozen=True, slots=True)
class FilterTrial:
    """Of the newest `looked_at` jobs that ended, how many a subscription would have told."""

    told: int
    looked_at: int


def disclosure_in(subscription: Subscription | None) -> Disclosure:
    """How much of a job is shown where that subscription counts; everything where there is none."""
    return Disclosure() if subscription is None else subscription.preferences.disclosure


@dataclass(frozen=True, slots=True)
class PreferencesChange:
    """What a person names of a channel's preferences, in their own words; None: that stays as it is.

    A filter is words with commas between, or `any`. `quiet` is what `quiet_hours` reads, or `off`; `zone` is
    that of hours without one. `no_mention` and `wake` (from a snooze) count where the other is not named.
    """

    images: bool | None = None
    failures: bool | None = None
    cancellations: bool | None = None
    live: bool | None = None
    queue_empty: bool | None = None
    canvas: bool | None = None
    others: bool | None = None
    buzz: Buzz | None = None
    longer_than: int | None = None
    """Seconds."""
    quiet: str | None = None
    zone: ZoneInfo | None = None
    failures_at_night: bool | None = None
    snooze_until: datetime | None = None
    wake: bool | None = None
    spoiler: bool | None = None
    hide_prompts: bool | None = None
    mention: Mention | None = None
    no_mention: bool | None = None
    mine: Mine | None = None
    server: str | None = None
    origin: str | None = None
    destination: str | None = None
    board: str | None = None
    user: str | None = None

    def of(self, before: Subscription) -> Subscription:
        """The subscription with what was named changed.

        RequestRefused for words that make no sense, and while a filter that can't be read is not named anew.
        """
        preferences = before.preferences
        filters = {
            "origins": _filter(self.origin),
            "destinations": _filter(self.destination),
            "boards": _filter(self.board),
            "users": _filter(self.user),
        }
        if any(filters[name] is None for name in preferences.unreadable):
            raise RequestRefused(
                "This channel's filters can't be read. Start afresh with /notify stop, then /notify here."
            )
        named = filters | {
            "spoiler": self.spoiler,
            "hide_prompts": self.hide_prompts,
            "live": self.live,
            "queue_empty": self.queue_empty,
            "canvas": self.canvas,
            "others": self.others,
            "mention": self.mention,
            "mine": self.mine,
        }
        given = {name: value for name, value in named.items() if value is not None}
        changed = replace(preferences, unreadable=frozenset(), **given)
        if self.no_mention and self.mention is None:
            changed = replace(changed, mention=None)
        changed = replace(changed, rule=self._rule(preferences.rule))
        return replace(
            before, servers=self._servers(before), kinds=self._kinds(before.kinds), preferences=changed
        )

    def _servers(self, before: Subscription) -> frozenset[str] | None:
        named = _filter(self.server)
        return before.servers if named is None else named or None

    def _kinds(self, before: frozenset[EventKind]) -> frozenset[EventKind]:
        kinds = before
        for wanted, those in (
            (self.images, {EventKind.COMPLETED}),
            (self.failures, {EventKind.FAILED}),
            (self.cancellations, {EventKind.CANCELED, EventKind.INTERRUPTED}),
        ):
            if wanted is not None:
                kinds = kinds | those if wanted else kinds - those
        return kinds

    def _rule(self, before: Rule) -> Rule:
        rule = before
        if self.buzz is not None:
            rule = replace(rule, buzz=self.buzz)
        if self.longer_than is not None:
            rule = replace(rule, shortest=timedelta(seconds=self.longer_than))
        if self.quiet is not None:
            off = self.quiet.strip().casefold() == OFF
            rule = replace(rule, quiet=None if off else quiet_hours(self.quiet, self.zone))
        if self.failures_at_night is not None:
            rule = replace(rule, failures_break_through=self.failures_at_night)
        if self.wake or self.snooze_until is not None:
            rule = replace(rule, snoozed_until=self.snooze_until)
        return rule


def _filter(text: str | None) -> frozenset[str] | None:
    if text is None or text.strip().casefold() == ANY:
        return None if text is None else frozenset()
    words = frozenset(word for part in text.split(",") if (word := part.strip().casefold()))
    if not words:
        raise RequestRefused("Name what to filter by, with commas between; or say any.")
    if len(words) > MAX_WORDS or max(map(len, words)) > MAX_WORD:
        raise RequestRefused(f"A filter takes up to {MAX_WORDS} words of {MAX_WORD} letters at most.")
    return words
