"""What one person waited for has ended: a row of the outbox for them alone."""

from bot.domain.events import EventKind, JobEvent, PersonalEvent, direct_channel
from bot.domain.subscriptions import Mine
from bot.store.outbox_writer import OutboxTransaction
from bot.store.subscriptions import Subscriptions

MAX_PROMPT = 200
"""The first letters of a prompt, which one line can't hold."""


async def tell_asker(transaction: OutboxTransaction, subscriptions: Subscriptions, end: JobEvent) -> None:
    """A direct message where the channel in which they asked wants that: once a batch, at its end."""
    asker, job = end.asker, end.job
    if asker is None or asker.guild_id is None or asker.channel_id is None or end.by == asker.user_id:
        return
    here = await subscriptions.around(transaction.conn, asker.channel_id, asker.parent_id)
    if here is None or here.preferences.mine is not Mine.DIRECT or not subscriptions.serves(asker.guild_id):
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
