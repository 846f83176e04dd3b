from dataclasses import replace

from store_samples import MINUTE, NOW, event, job

from bot.domain.events import Event, EventKind
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outcomes import Delivered
from bot.store.posts import Post, Posts, prune_answers


async def deliver(database: Database, told: Event, channel: int, message: int | None) -> None:
    outbox = Outbox(database)
    async with database.transaction() as conn:
        await outbox.add(conn, told, [channel], NOW)
    if message is not None:
        claim = await outbox.claim(channel, NOW, MINUTE, f"group {message}", 10)
        assert claim is not None
        await outbox.settle(claim, Delivered(message), NOW)


async def test_a_jobs_posts_are_those_that_were_delivered_with_its_pictures(database: Database) -> None:
    for image, channel, message in ((0, 42, 900), (1, 42, 901), (0, 43, 902), (0, 44, None)):
        await deliver(database, event(7, image=image), channel, message)
    await deliver(database, event(8, image=0), 42, 903)
    await deliver(database, event(7, EventKind.FAILED), 42, 904)
    await deliver(database, event(7, server="cellar", image=0), 42, 905)
    other = event(7, image=0)
    await deliver(database, replace(other, job=replace(other.job, session_id="before")), 42, 906)
    assert await Posts(database).of_job(job(7)) == [Post(42, 900), Post(42, 901), Post(43, 902)]
    assert await Posts(database).of_job(job(9)) == []


async def test_an_album_is_one_post_of_each_of_its_jobs(database: Database) -> None:
    outbox = Outbox(database)
    async with database.transaction() as conn:
        for number in (7, 8):
            await outbox.add(conn, event(number, image=0), [42], NOW)
            await outbox.add(conn, event(number, image=1), [42], NOW)
    claim = await outbox.claim(42, NOW, MINUTE, "group", 10)
    assert claim is not None
    await outbox.settle(claim, Delivered(900), NOW)
    assert await Posts(database).of_job(job(7)) == await Posts(database).of_job(job(8)) == [Post(42, 900)]


async def test_a_public_answer_is_one_of_the_posts_until_it_is_forgotten(database: Database) -> None:
    posts = Posts(database)
    await deliver(database, event(7, image=0), 42, 900)
    for _ in range(2):
        await posts.answered(job(7), Post(43, 901), NOW)
    await posts.answered(job(7, session_id="before"), Post(43, 902), NOW)
    assert await posts.of_job(job(7)) == [Post(42, 900), Post(43, 901)]
    async with database.transaction() as conn:
        assert await prune_answers(conn, NOW) == 0
        assert await prune_answers(conn, NOW + MINUTE, most=1) == 1
        assert await prune_answers(conn, NOW + MINUTE) == 1
    assert await posts.of_job(job(7)) == [Post(42, 900)]
