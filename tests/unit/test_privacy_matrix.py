"""Each preference of a channel, on each way that leads out of InvokeAI into it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import pytest
from fakes import MORNING
from PIL import Image
from privacy_place import ALSO_DONE, CHANNEL, DONE, GUILD, SERVER, Place, Shown

from bot.domain import actions
from bot.domain.access import Capability
from bot.domain.actions import Action
from bot.domain.estimates import Estimates
from bot.domain.events import EventKind, JobEvent
from bot.domain.job_address import JobAddress
from bot.domain.jobs import Purpose
from bot.domain.subscriptions import ENDS, Preferences, Subscription
from bot.errors import AccessRefused
from bot.images.metadata import bare
from bot.images.picture import Picture
from bot.live_card.content import LiveCardContent
from bot.render import notices
from bot.render.custom_ids import JobButton
from bot.render.message import MediaGallery, Menu, Panel, Text
from bot.render.presentation import apply, presentation_of, redacted
from cogs.job_autocomplete import any_job
from cogs.job_buttons import press
from cogs.jobs import JobsCog
from cogs.presses import Press
from cogs.queue import QueueCog

NO_IMAGES = ENDS - {EventKind.COMPLETED}
FILTERED = {
    "origin": Preferences(origins=frozenset({"canvas"})),
    "destination": Preferences(destinations=frozenset({"canvas"})),
    "board": Preferences(boards=frozenset({"none"})),
    "user": Preferences(users=frozenset({"bob"})),
    "unreadable": Preferences(unreadable=frozenset({"users"}), spoiler=True, hide_prompts=True),
}
CHANNELS: Mapping[str, Subscription] = {
    "open": Subscription(CHANNEL, GUILD, None, ENDS),
    "hide_prompts": Subscription(CHANNEL, GUILD, None, ENDS, Preferences(hide_prompts=True)),
    "spoiler": Subscription(CHANNEL, GUILD, None, ENDS, Preferences(spoiler=True)),
    "images": Subscription(CHANNEL, GUILD, None, NO_IMAGES),
    **{name: Subscription(CHANNEL, GUILD, None, ENDS, one) for name, one in FILTERED.items()},
}


async def notice(place: Place, *numbers: int) -> Shown | None:
    """What is posted of these jobs' pictures; None where nothing is."""
    assert place.subscription is not None
    preferences = place.subscription.preferences
    jobs = [place.queue.items[number] for number in numbers]
    if not all(place.subscription.tells(EventKind.COMPLETED, one) for one in jobs):
        return None
    pictures = {name: Picture(name, place.queue.images[name]) for one in jobs for name in one.images}
    if preferences.hide_prompts:
        pictures = {name: bare(one, 10_000_000) for name, one in pictures.items()}
    events = [JobEvent(EventKind.COMPLETED, one, image=0) for one in jobs]
    presentation = presentation_of(preferences, events, MORNING)
    made = apply(notices.notice(redacted(events, presentation), pictures), presentation)
    options = [option.label for row in made.rows if isinstance(row, Menu) for option in row.options]
    alone = all(file.spoiler for file in made.files)
    names = [f"{file.name} {file.description}" for file in made.files]
    words = "\n".join([made.content, *map(str, made.embeds), *options, *names])
    return Shown(words, [file.data for file in made.files], alone, public=True)


async def card(place: Place) -> Shown | None:
    assert place.subscription is not None
    content = LiveCardContent(place.state, place.queue, place.queue, Estimates(), clock=place.now)
    await content.refresh(retry=False)
    panel = (await content.panels([place.subscription])).get(CHANNEL)
    return None if panel is None else _panel(panel)


def _panel(panel: Panel) -> Shown:
    texts = [block.body for block in panel.blocks if isinstance(block, Text)]
    names = [f"{file.name} {file.description}" for file in panel.files]
    names += [str(block.items) for block in panel.blocks if isinstance(block, MediaGallery)]
    covered = all(block.spoiler for block in panel.blocks if isinstance(block, MediaGallery))
    return Shown("\n".join([*texts, *names]), [file.data for file in panel.files], covered, public=True)


async def ask(place: Place, cog: type, name: str, *, public: bool = False) -> Shown | None:
    """What a guest gets; None where they are refused."""
    interaction = place.interaction()
    options = {"job": JobAddress(DONE)} if name == "job" else {}
    command = getattr(cog, name)
    try:
        await command.callback(cog(interaction.client), interaction, public=public, **options)
    except AccessRefused:
        return None
    return interaction.shown


async def pressed(place: Place, action: Action, capability: Capability = Capability.VIEW) -> Shown | None:
    interaction = place.interaction(capability)
    button = JobButton(action, SERVER, DONE)
    try:
        await press(Press(interaction.own, button, place.controls, place.now))
    except AccessRefused:
        return None
    return interaction.shown


async def suggested(place: Place) -> Shown:
    choices = await any_job(place.interaction().own, "")
    return Shown(" ".join(choice.name for choice in choices))


@dataclass(frozen=True)
class Way:
    """`everybody`: seen by the whole channel. `prompt`, `picture`: what an open channel has."""

    go: Callable[[Place], Awaitable[Shown | None]]
    everybody: bool = False
    prompt: bool = True
    picture: bool = True
    image_notice: bool = False
    """Where finished pictures are not told it tells nothing."""
    listed: bool = False
    """It tells that a job is there, and nothing of what it shows."""
    bars: bool = True
    """A spoiler can stand there behind bars; else it does not stand there at all."""


WAYS = {
    "notice": Way(lambda place: notice(place, DONE), everybody=True, image_notice=True),
    "album and its menu": Way(
        lambda place: notice(place, DONE, ALSO_DONE), everybody=True, image_notice=True
    ),
    "card and its preview": Way(card, everybody=True),
    "Details": Way(lambda place: pressed(place, actions.DETAILS)),
    "the question before a batch is canceled": Way(
        lambda place: pressed(place, actions.CANCEL_BATCH), picture=False
    ),
    "/job": Way(lambda place: ask(place, JobsCog, "job")),
    "/job public": Way(
        lambda place: ask(place, JobsCog, "job", public=True), everybody=True, image_notice=True
    ),
    "/latest": Way(lambda place: ask(place, JobsCog, "latest")),
    "/latest public": Way(
        lambda place: ask(place, JobsCog, "latest", public=True), everybody=True, image_notice=True
    ),
    "/jobs": Way(lambda place: ask(place, JobsCog, "jobs")),
    "/jobs public": Way(
        lambda place: ask(place, JobsCog, "jobs", public=True),
        everybody=True,
        image_notice=True,
        listed=True,
    ),
    "/queue": Way(lambda place: ask(place, QueueCog, "queue"), picture=False),
    "/queue public": Way(
        lambda place: ask(place, QueueCog, "queue", public=True),
        everybody=True,
        picture=False,
        image_notice=True,
    ),
    "autocomplete": Way(suggested, picture=False, bars=False),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@pytest.mark.parametrize("canvas", [False, True])
async def test_what_the_canvas_stages_is_seen_by_everybody_only_where_it_is_wanted(
    way: Way, canvas: bool
) -> None:
    place = Place(Subscription(CHANNEL, GUILD, None, ENDS, Preferences(canvas=canvas)))
    place.queue.items = {
        number: replace(one, purpose=Purpose.STAGING) for number, one in place.queue.items.items()
    }
    shown = await way.go(place)
    if canvas:
        assert shown is not None
        assert bool(shown.files) is way.picture
    elif way.image_notice and way.picture and not way.listed:
        assert shown is None
    elif way.everybody:
        assert shown is not None
        assert shown.files == []


def metadata(shown: Shown) -> bool:
    found = False
    for data in shown.files:
        with Image.open(BytesIO(data)) as image:
            found = found or "invokeai_metadata" in image.info
    return found


async def test_where_nothing_is_hidden_each_way_tells_what_it_has(way: Way) -> None:
    shown = await way.go(Place(CHANNELS["open"]))
    assert shown is not None
    assert ("fox" in shown.words) is way.prompt
    assert bool(shown.files) is way.picture
    assert shown.public is way.everybody


async def test_a_hidden_prompt_goes_out_on_no_way(way: Way) -> None:
    shown = await way.go(Place(CHANNELS["hide_prompts"]))
    assert shown is not None
    assert "fox" not in shown.words
    assert not metadata(shown)
    assert not any(b"fox" in data for data in shown.files)


async def test_a_spoiler_goes_out_on_no_way_in_clear(way: Way) -> None:
    shown = await way.go(Place(CHANNELS["spoiler"]))
    assert shown is not None
    assert ("fox" in shown.words) is (way.prompt and way.bars)
    assert "fox" not in re.sub(r"\|\|[^|]*\|\|", "", shown.words)
    assert shown.covered


@pytest.mark.parametrize("name", FILTERED)
async def test_nothing_of_a_job_that_the_filters_leave_out_is_seen_by_everybody(way: Way, name: str) -> None:
    shown = await way.go(Place(CHANNELS[name]))
    if not way.everybody:
        assert shown is not None
        assert not shown.public
    elif name == "unreadable":
        assert shown is None
    elif shown is not None:
        assert way is WAYS["card and its preview"]
        assert shown.words == "### Running · 1 waiting"
        assert shown.files == []


async def test_where_no_pictures_are_told_everybody_sees_none(way: Way) -> None:
    shown = await way.go(Place(CHANNELS["images"]))
    if way.image_notice:
        assert shown is None
    elif way.everybody:
        assert shown is not None
        assert shown.files == []


@pytest.mark.parametrize("way", [one for one in WAYS if one.startswith("/")], indirect=True)
async def test_without_a_subscription_a_guest_sees_it_alone_or_not_at_all(way: Way) -> None:
    shown = await way.go(Place(None))
    if way.everybody:
        assert shown is None
    else:
        assert shown is not None
        assert not shown.public


@pytest.mark.parametrize("name", CHANNELS)
async def test_a_job_s_files_are_an_operator_s_alone_where_anything_is_hidden(name: str) -> None:
    subscription = CHANNELS[name]
    hides = subscription.preferences.hide_prompts or subscription.preferences.spoiler
    place = Place(subscription)
    assert (await pressed(place, actions.JSON) is None) is hides
    assert any("documents" in asked for asked in place.queue.asked) is not hides
    given = await pressed(Place(subscription), actions.JSON, Capability.OPERATE)
    assert given is not None
    assert not given.public
    assert any(b"fox" in data for data in given.files)
    assert given.covered is subscription.preferences.spoiler


@pytest.mark.parametrize("name", CHANNELS)
async def test_the_original_is_an_operator_s_alone_where_anything_is_hidden(name: str) -> None:
    subscription = CHANNELS[name]
    hides = subscription.preferences.hide_prompts or subscription.preferences.spoiler
    assert (await pressed(Place(subscription), actions.ORIGINAL) is None) is hides
    given = await pressed(Place(subscription), actions.ORIGINAL, Capability.OPERATE)
    assert given is not None
    assert metadata(given)
    assert not given.public
    assert ("fox" in given.words) is not hides
    assert given.covered is subscription.preferences.spoiler


async def test_an_operator_shares_what_the_channel_is_not_told() -> None:
    for subscription in (None, CHANNELS["user"], CHANNELS["images"]):
        interaction = Place(subscription).interaction(Capability.OPERATE)
        job: Any = JobsCog.job
        await job.callback(JobsCog(interaction.own.client), interaction, job=JobAddress(DONE), public=True)
        assert interaction.shown.public
        assert "fox" in interaction.shown.words
