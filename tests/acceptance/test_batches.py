"""Over the wire: a batch is one message that grows, and one line that buzzes."""

import asyncio
import statistics
from datetime import UTC, datetime

import pytest
from house import InvokeAI, Studio
from person import Person, draw

from sandbox.bot_process import BotProcess
from sandbox.discord.state import Message

JOBS = 10
MAX_WAITED_FOR = 2
"""So many later jobs may have ended until a picture is in the channel: none waits for its batch."""


def notices(studio: Studio) -> list[Message]:
    return [message for message in studio.channel.messages if not message.v2]


def shown(studio: Studio) -> set[int]:
    """The jobs whose pictures are in the channel."""
    return {int(file.filename.split("-")[0]) for message in notices(studio) for file in message.files}


async def test_ten_jobs_of_one_batch_make_two_messages_and_one_buzz(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    numbers = (await person.enqueue(draw(seconds=0.6, steps=2, use_cache=False), runs=JOBS)).numbers
    seen: dict[int, datetime] = {}
    for count in range(1, JOBS + 1):
        await studio.channel.watch.until(
            lambda least=count: len(shown(studio)) >= least, timeout=30, what="the next picture"
        )
        seen |= dict.fromkeys(shown(studio) - set(seen), datetime.now(UTC))
    line = await studio.posted("10 of 10", "queue empty")
    await asyncio.sleep(1.0)  # for what might come besides
    album, *others = notices(studio)
    assert [message.id for message in others] == [line.id]
    assert [int(file.filename.split("-")[0]) for file in album.files] == list(numbers)
    assert album.content.startswith("✅ 10 of 10 · ")
    assert album.content.endswith(f" · #{numbers[0]}–#{numbers[-1]}")
    assert [message.push for message in (album, line)] == [False, True]
    assert line.reference_id == album.id
    told = [(await invokeai.ask(f"i/{number}"))["completed_at"] for number in numbers]
    ends = [datetime.fromisoformat(end).replace(tzinfo=UTC) for end in told]
    ended_before = [sum(end < seen[number] for end in ends) for number in numbers]
    waited_for = [ended - place for place, ended in enumerate(ended_before, 1)]
    assert statistics.median(waited_for) <= MAX_WAITED_FOR, waited_for


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_a_batch_goes_on_in_its_message_after_a_kill(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    numbers = (await person.enqueue(draw(seconds=0.8, steps=2, use_cache=False), runs=6)).numbers
    await studio.channel.watch.until(lambda: len(shown(studio)) >= 2, timeout=30, what="two pictures")
    await bot.kill()
    await bot.start()
    await studio.posted("6 of 6")
    found = [int(file.filename.split("-")[0]) for message in notices(studio) for file in message.files]
    assert found == list(numbers)


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_a_hundred_pictures_of_one_batch_make_no_more_than_twelve_messages(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    await person.enqueue(draw(width=32, height=32, seconds=0.02, steps=1, use_cache=False), runs=100)
    await studio.channel.watch.until(
        lambda: any("queue empty" in message.content.lower() for message in notices(studio)),
        timeout=60,
        what="the end",
    )
    assert len(notices(studio)) <= 12
    assert sum(message.push for message in notices(studio)) <= 2
