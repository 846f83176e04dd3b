"""What InvokeAI has finished, held against what stands in the channel and in the bot's database."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sandbox.discord import SandboxDiscord
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI

TABLES = ("jobs", "outbox")


@dataclass(frozen=True, slots=True)
class Tally:
    messages: int
    pictures: int
    limited: int
    """Requests that Discord refused as one too many."""
    lost: int
    doubled: int
    in_order: bool
    database_mb: float
    rows: dict[str, int]

    @property
    def kept(self) -> bool:
        return self.in_order and not (self.limited or self.lost or self.doubled)


def tally(discord: SandboxDiscord, channel: Channel, invokeai: SandboxInvokeAI, database: Path) -> Tally:
    """Of jobs with one image each, drawn one after the other."""
    told = [int(file.filename.partition("-")[0]) for message in channel.messages for file in message.files]
    times = Counter(told)
    ended = {number for number, item in invokeai.queue.items.items() if item.status == "completed"}
    with closing(sqlite3.connect(database)) as found:
        rows = {table: found.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    return Tally(
        messages=sum(1 for message in channel.messages if message.files),
        pictures=len(told),
        limited=sum(1 for request in discord.requests if request.status == 429),
        lost=len(ended - set(times)),
        doubled=sum(count - 1 for count in times.values()),
        in_order=told == sorted(told),
        database_mb=sum(path.stat().st_size for path in database.parent.glob(f"{database.name}*")) / 1e6,
        rows=rows,
    )
