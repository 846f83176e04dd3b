"""What a person may ask for, and what InvokeAI gets of it."""

from dataclasses import replace

import pytest
from creating_place import ANN, BOSS, CHANNEL, GUILD, NEGATIVE, PHOTO, PROMPT, UPRIGHT, Atelier, graph
from store_samples import NOW

from bot.controls.creating import MAX_PROMPT
from bot.domain.creation import StyleList, Wish
from bot.domain.submissions import Quota
from bot.errors import QuotaReached, RequestRefused
from bot.store.database import Database

NEWEST = "The newest picture"


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (Wish(" \n"), "Say what the picture shows; nothing was queued."),
        (Wish("x" * (MAX_PROMPT + 1)), "A prompt has at most 4,000 letters. Make it shorter."),
        (Wish("a lake", negative="x" * (MAX_PROMPT + 1)), "A prompt has at most 4,000 letters."),
        (Wish("a GORE lake"), "The owner of this bot does not allow “gore” in a prompt."),
        (Wish("a lake", negative="gore"), "The owner of this bot does not allow “gore” in a prompt."),
        (Wish("a lake", style="none"), "There is no style of that name here. /style list shows them."),
        (Wish("a lake", image=PHOTO), f"{NEWEST} has no input image. Choose a style with one."),
        (Wish("a lake", count=5), "You may have 4 waiting or running at a time. Ask for fewer."),
    ],
)
async def test_what_is_refused_says_why_and_queues_nothing(
    wish: Wish, sentence: str, database: Database
) -> None:
    place = Atelier(database, "gore")
    with pytest.raises(RequestRefused) as refused:
        await place.creating.imagine(ANN, wish)
    assert str(refused.value).startswith(sentence)
    assert place.feed.sent == []
    assert (await place.creating.usage(ANN.user_id))[0].today == 0


@pytest.mark.parametrize(
    ("parts", "wish", "sentence"),
    [
        (
            {"negative": False},
            Wish("a lake", negative="fog"),
            f"{NEWEST} has no negative prompt. Leave it out",
        ),
        (
            {"seed": False},
            Wish("a lake", seed=7),
            f"{NEWEST} has no seed that could be set. Leave the seed out.",
        ),
        (
            {"images": 2},
            Wish("a lake", image=PHOTO),
            f"{NEWEST} has several input images. Choose a style with",
        ),
        ({"images": 1}, Wish("a lake", image=b"words"), "That is no picture."),
    ],
)
async def test_what_the_style_has_no_one_place_for_is_named(
    parts: dict[str, int], wish: Wish, sentence: str, database: Database
) -> None:
    place = Atelier(database, graphs={812: graph(**parts)})  # type: ignore[arg-type]
    with pytest.raises(RequestRefused) as refused:
        await place.creating.imagine(ANN, wish)
    assert str(refused.value).startswith(sentence)
    assert (place.feed.sent, place.creation.uploads) == ([], [])


async def test_prompt_negative_prompt_and_seed_stand_where_they_belong(database: Database) -> None:
    place = Atelier(database)
    done = await place.creating.imagine(ANN, Wish("a lake", negative="fog", seed=2**32 - 1, count=2))
    drawn = place.drawn()
    assert (drawn["prompt"], drawn["negative_prompt"]) == ("a lake", "fog")
    assert done.seeds == (2**32 - 1, 0)
    assert done.submitted.numbers == (100, 101)
    assert (done.template.number, done.template.name) == (812, None)


async def test_without_them_the_negative_prompt_stays_and_each_picture_gets_a_new_seed(
    database: Database,
) -> None:
    place = Atelier(database)
    done = await place.creating.imagine(ANN, Wish("a lake", count=3))
    assert done.seeds == (1, 2, 3)
    assert place.drawn()["negative_prompt"] == NEGATIVE


async def test_a_style_without_a_seed_runs_as_often_as_pictures_are_asked_for(database: Database) -> None:
    place = Atelier(database, graphs={812: graph(seed=False)})
    done = await place.creating.imagine(ANN, Wish("a lake", count=3))
    assert (done.seeds, len(done.submitted.numbers)) == ((), 3)


async def test_a_picture_of_one_s_own_takes_the_place_of_the_one_input_image(database: Database) -> None:
    place = Atelier(database, graphs={812: graph(images=1)})
    await place.creating.imagine(ANN, Wish("a lake", image=PHOTO))
    assert place.creation.uploads == [UPRIGHT]
    [(body, _)] = place.feed.sent
    assert body.batch["graph"]["nodes"]["start0"]["image"] == {"image_name": "new.png"}


async def test_a_creator_has_so_many_and_an_operator_any_number(database: Database) -> None:
    place = Atelier(database, quota=Quota(4, daily=5))
    await place.creating.imagine(ANN, Wish("a lake", count=3))
    with pytest.raises(QuotaReached, match="3 of yours are waiting or running, and you may have 4"):
        await place.creating.imagine(ANN, Wish("a lake", count=2))
    await place.creating.imagine(BOSS, Wish("a lake", count=16))
    again = Atelier(database, quota=Quota(100, daily=5))  # after a restart, and InvokeAI's queue was pruned
    with pytest.raises(QuotaReached, match="You have queued 3 of the 5 that you may in 24 hours"):
        await again.creating.imagine(ANN, Wish("a lake", count=3))


async def test_what_runs_first_is_said_so_to_invokeai(database: Database) -> None:
    place = Atelier(database)
    await place.creating.imagine(BOSS, Wish("a lake"))
    await place.creating.imagine(BOSS, Wish("a lake", first=True))
    assert [first for _, first in place.feed.sent] == [False, True]


async def test_where_invokeai_answers_no_more_after_it_took_the_batch_that_is_still_queued(
    database: Database,
) -> None:
    place = Atelier(database)
    assert (await place.creating.imagine(ANN, Wish("a lake"))).outlook == place.seen
    place.seen = None
    done = await place.creating.imagine(ANN, Wish("a lake"))
    assert (done.outlook, done.submitted.numbers) == (None, (101,))


async def test_a_full_queue_refuses_and_counts_nothing(database: Database) -> None:
    place = Atelier(database)
    place.feed.room = 0
    with pytest.raises(RequestRefused, match="InvokeAI's queue is full"):
        await place.creating.imagine(ANN, Wish("a lake"))
    assert (await place.creating.usage(ANN.user_id))[0].asked == []


async def test_without_a_style_it_is_the_newest_finished_picture_whose_prompt_can_be_told(
    database: Database,
) -> None:
    graphs = {1: graph(), 2: graph(), 3: graph(prompt=False), 4: graph()}
    place = Atelier(database, graphs=graphs)
    del graphs[4]  # InvokeAI does not tell its graph any more
    assert (await place.styles.template(GUILD, CHANNEL, None)).number == 2


async def test_the_channel_s_default_comes_before_the_guild_s_and_a_name_before_both(
    database: Database,
) -> None:
    place = Atelier(database)
    for name in ("one", "two", "three"):
        await place.styles.save(GUILD, 812, name, 5)
    await place.styles.make_default(GUILD, "one", None)
    await place.styles.make_default(GUILD, "two", CHANNEL)
    assert (await place.styles.template(GUILD, CHANNEL + 1, None)).name == "one"
    assert (await place.styles.template(GUILD, CHANNEL, None)).name == "two"
    assert (await place.styles.template(GUILD, CHANNEL, "THREE")).name == "three"
    await place.styles.make_default(GUILD, None, CHANNEL)
    assert (await place.styles.template(GUILD, CHANNEL, None)).name == "one"


async def test_defaults_are_listed_and_a_deleted_one_says_where_it_was_one(database: Database) -> None:
    place = Atelier(database)
    for name in ("one", "Two"):
        await place.styles.save(GUILD, 812, name, 5)
    await place.styles.make_default(GUILD, "one", None)
    for channel in (CHANNEL, CHANNEL + 1):
        await place.styles.make_default(GUILD, "two", channel)
    listed = await place.styles.listed(GUILD, CHANNEL)
    assert ([each.name for each in listed.styles], listed.here, listed.everywhere) == (
        ["one", "Two"],
        "Two",
        "one",
    )
    assert (await place.styles.listed(GUILD, 1)).here is None
    gone = await place.styles.delete(GUILD, "TWO")
    assert (gone.everywhere, gone.channels) == (False, 2)
    gone = await place.styles.delete(GUILD, "one")
    assert (gone.everywhere, gone.channels) == (True, 0)
    assert await place.styles.listed(GUILD, CHANNEL) == StyleList([])


async def test_a_style_outlives_its_job_and_says_what_is_lost(database: Database) -> None:
    place = Atelier(database)
    saved = await place.styles.save(GUILD, 812, "  Fox   style ", 5)
    assert (saved.style.about.name, saved.check.prompt, saved.missing) == ("Fox style", PROMPT, None)
    assert saved.style.thumbnail == b"12345"
    place.graphs.clear()
    place.queue.items.clear()
    place.creation.lost = "This InvokeAI no longer has the model “Juggernaut”."
    shown = await place.styles.show(GUILD, "fox style")
    assert shown.missing == "This InvokeAI no longer has the model “Juggernaut”."
    assert shown.style.about.saved_at == NOW
    lost = "The style “Fox style” can't be used: this InvokeAI no longer has the model “Juggernaut”."
    with pytest.raises(RequestRefused) as refused:
        await place.creating.imagine(ANN, Wish("a lake", style="fox style"))
    assert (str(refused.value), place.feed.sent) == (lost, [])
    place.creation.lost = None
    await place.creating.imagine(ANN, Wish("a lake", style="fox style"))
    assert (await place.styles.delete(GUILD, "FOX STYLE")).about.name == "Fox style"
    assert await place.styles.all(GUILD) == []


@pytest.mark.parametrize(
    ("number", "name", "sentence"),
    [
        (812, " ", "A style's name has 1 to 40 letters. Choose another one."),
        (812, "x" * 41, "A style's name has 1 to 40 letters."),
        (812, "a\u202eb", "A style's name has 1 to 40 letters."),
        (813, "fox", "It can't be told which text of #813 is its prompt, so it can't become a style."),
        (814, "fox", "#814 has no finished picture. Choose a job that has."),
    ],
)
async def test_what_can_become_no_style_is_said(
    number: int, name: str, sentence: str, database: Database
) -> None:
    place = Atelier(database, graphs={812: graph(), 813: graph(prompt=False), 814: graph()})
    place.queue.items[814] = replace(place.queue.items[814], images=())
    with pytest.raises(RequestRefused) as refused:
        await place.styles.save(GUILD, number, name, 5)
    assert str(refused.value).startswith(sentence)
    assert await place.styles.all(GUILD) == []
