"""How a channel is told: silently, veiled, with whom it concerns. From preferences and events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.events import Event, EventKind, JobEvent
from bot.domain.jobs import Job, Output, OutputKind
from bot.domain.queue import QueueView
from bot.domain.quiet_hours import News, buzzes
from bot.domain.subscriptions import Disclosure, Mention, MentionKind, Preferences
from bot.render.hidden_words import without_prompts
from bot.render.message import Attachment, MediaGallery, Notice, Panel, Section
from bot.render.text import DOT, Spoiler


@dataclass(frozen=True, slots=True)
class Presentation(Disclosure):
    """How much a notice shows, whether it comes silently, and whom it mentions."""

    silent: bool = False
    mentions: tuple[Mention, ...] = ()


def presentation_of(
    preferences: Preferences, events: Sequence[Event], now: datetime, askers: Collection[int] = ()
) -> Presentation:
    """For the message of these events (at least one), which buzzes if any of them may, or must.

    `askers`: the people to mention since they asked for these jobs. What somebody canceled through the bot
    buzzes and mentions nobody, for they know; but those whose job it was do not.
    """
    news = [event for event in events if not _canceled_by_hand(event)]
    theirs = [event for event in events if _asker_in(event, askers)]
    told = (_urgent(event) or buzzes(preferences.rule, news_of(event), now) for event in (*news, *theirs))
    mentions = [preferences.mention] if news and preferences.mention else []
    mentions += [Mention(MentionKind.USER, user_id) for user_id in askers]
    return Presentation(
        preferences.spoiler,
        preferences.hide_prompts,
        silent=not any(told),
        mentions=tuple(dict.fromkeys(mentions)),
    )


def _canceled_by_hand(event: Event) -> bool:
    return isinstance(event, JobEvent) and event.by is not None


def _asker_in(event: Event, askers: Collection[int]) -> bool:
    return isinstance(event, JobEvent) and event.asker is not None and event.asker.user_id in askers


def _urgent(event: Event) -> bool:
    return isinstance(event, JobEvent) and event.urgent


def news_of(event: Event) -> News:
    """An end of which it is not known what was left ends nothing, and belongs to no batch that we know of."""
    if not isinstance(event, JobEvent):
        return News(apart=event.kind is not EventKind.QUEUE_EMPTY)
    unknown = event.left.batch is None and event.left.counts is None
    return News(
        failed=event.kind is EventKind.FAILED,
        ends_batch=event.left.batch == 0,
        ends_queue=event.left.queue == 0,
        apart=unknown,
        ran=event.job.ran,
    )


def redacted(events: Sequence[Event], disclosure: Disclosure) -> list[Event]:
    """The events as the notice may tell them: with their prompts, with veiled ones, or without."""
    return [
        replace(event, job=veiled(event.job, disclosure)) if isinstance(event, JobEvent) else event
        for event in events
    ]


def veiled(job: Job, disclosure: Disclosure) -> Job:
    """The job as it may be shown: what is rendered from it tells no more than that, wherever it goes."""
    if not disclosure.restricted:
        return job
    outputs = tuple(replace(each, text=_text(each, disclosure)) for each in job.outputs)
    recipe, failure = job.recipe, job.failure
    if failure is not None:
        failure = without_prompts(failure, recipe)
    if recipe is not None:
        recipe = replace(
            recipe,
            prompt=veiled_prompt(recipe.prompt, disclosure),
            negative_prompt=veiled_prompt(recipe.negative_prompt, disclosure),
            texts=() if disclosure.hide_prompts else recipe.texts,
        )
    return replace(job, recipe=recipe, failure=failure, outputs=outputs)


def veiled_queue(view: QueueView, disclosure: Disclosure) -> QueueView:
    """The queue with its jobs as they may be shown."""
    running = tuple(replace(one, job=veiled(one.job, disclosure)) for one in view.running)
    waiting = tuple(replace(one, job=veiled(one.job, disclosure)) for one in view.waiting)
    return replace(view, running=running, waiting=waiting)


def covered(panel: Panel, disclosure: Disclosure) -> Panel:
    """The panel with its files behind a tap, where they are spoilers."""
    if not disclosure.spoiler:
        return panel
    blocks = (
        replace(block, spoiler=True) if isinstance(block, MediaGallery | Section | Attachment) else block
        for block in panel.blocks
    )
    return replace(panel, blocks=tuple(blocks))


def veiled_prompt(prompt: str | None, disclosure: Disclosure) -> str | None:
    """A text that says what a picture shows, as it may be shown; None: not at all."""
    if disclosure.hide_prompts or prompt is None:
        return None
    return Spoiler(prompt) if disclosure.spoiler else prompt


def _text(output: Output, disclosure: Disclosure) -> str:
    """A text that a job made says what its prompt says, or more."""
    return veiled_prompt(output.text, disclosure) or "" if output.kind is OutputKind.TEXT else output.text


def apply(notice: Notice, presentation: Presentation) -> Notice:
    """The rendered notice with what Discord has to know of its presentation. Whom it mentions stands last."""
    mentions = " ".join(str(mention) for mention in presentation.mentions)
    content = f"{notice.content}{DOT}{mentions}" if mentions else notice.content
    shown = replace(notice, content=content, silent=presentation.silent, mentions=presentation.mentions)
    if not presentation.spoiler:
        return shown
    return replace(shown, files=tuple(replace(file, spoiler=True) for file in notice.files))
