"""What one person waited for has ended: a row of the outbox for them alone."""

from dataclasses import replace
from datetime import datetime

from bot.domain.events import EventKind, JobEvent, PersonalEvent, direct_channel
from bot.domain.subscriptions import Mine
from bot.domain.waits import Wait
from bot.store.outbox_writer import OutboxTransaction
from bot.store.subscriptions import Subscriptions
from bot.store.waits import take_all_waits, take_waits

MAX_PROMPT = 200
"""The first letters of a prompt, which one line can't hold."""


async def tell_asker(transaction: OutboxTransaction, subscriptions: Subscriptions, end: JobEvent) -> None:
    """A direct message where the channel in which they asked wants that: once a batch, at its end."""
    asker, job = end.asker, end.job
    if asker is None or asker.guild_id is None or asker.channel_id is None or end.by == asker.user_id:
        return
    mine = await _mine(transaction, subscriptions, asker.guild_id, asker.channel_id, asker.parent_id)
    if mine is not Mine.DIRECT:
        return
    counts = end.left.counts
    of_batch = counts is not None and counts.total > 1 and job.retried_from is None
    if job.parent is not None or job.silent or (of_batch and end.left.batch != 0):
        return
    told = PersonalEvent(
        EventKind.PERSONAL,
        job.server,
        job.completed_at or job.created_at,
        asker.user_id,
        asker.guild_id,
        asker.channel_id,
        number=job.number,
        end=end.kind,
        counts=counts if of_batch else None,
        prompt=job.recipe.prompt[:MAX_PROMPT] if job.recipe and job.recipe.prompt else None,
        direct=True,
        parent_id=asker.parent_id,
    )
    await transaction.add(told, [direct_channel(asker.user_id)])


async def tell_waiting(transaction: OutboxTransaction, subscriptions: Subscriptions, end: JobEvent) -> None:
    """Whoever pressed *Tell me* for this job, or for its batch, if that is over."""
    job, left = end.job, end.left
    for wait in await take_waits(transaction.conn, job, batch_over=left.batch == 0):
        told = _over(wait, job.completed_at or job.created_at)
        counts = left.counts if wait.batch_id else None
        await _tell(transaction, subscriptions, replace(told, number=job.number, end=end.kind, counts=counts))


async def tell_queue_empty(
    transaction: OutboxTransaction, subscriptions: Subscriptions, server: str, at: datetime
) -> None:
    """Whoever waits for that, or for something that went without a word."""
    for wait in await take_all_waits(transaction.conn, server):
        await _tell(transaction, subscriptions, _over(wait, at))


def _over(wait: Wait, at: datetime) -> PersonalEvent:
    return PersonalEvent(
        EventKind.PERSONAL,
        wait.server,
        at,
        wait.user_id,
        wait.guild_id,
        wait.channel_id,
        parent_id=wait.parent_id,
    )


async def _tell(transaction: OutboxTransaction, subscriptions: Subscriptions, told: PersonalEvent) -> None:
    """As the channel prefers it now."""
    mine = await _mine(transaction, subscriptions, told.guild_id, told.channel_id, told.parent_id)
    if mine is Mine.MENTION:
        await transaction.add(told, [told.channel_id])
    elif mine is Mine.DIRECT:
        await transaction.add(replace(told, direct=True), [direct_channel(told.user_id)])


async def _mine(
    transaction: OutboxTransaction,
    subscriptions: Subscriptions,
    guild_id: int,
    channel_id: int,
    parent_id: int | None,
) -> Mine:
    """How those who asked there are told; not at all in a guild that is not served."""
    if not subscriptions.serves(guild_id):
        return Mine.NEITHER
    found = await subscriptions.around(transaction.conn, channel_id, parent_id)
    return Mine.MENTION if found is None else found.preferences.mine
