import asyncio

import pytest
from fakes import Seconds

from bot.controls.picture_turns import (
    COOLDOWN,
    CROWDED,
    MAX_AT_ONCE,
    MAX_IN_COOLDOWN,
    MAX_WAITING,
    SLOW,
    STILL_COMING,
    PictureTurns,
)
from bot.errors import RequestRefused


class Answers:
    """People who get pictures; `done` ends an answer."""

    def __init__(self, turns: PictureTurns) -> None:
        self._turns = turns
        self._ends: dict[int, asyncio.Event] = {}
        self.at_work: set[int] = set()

    async def give(self, person: int) -> None:
        end = self._ends[person] = asyncio.Event()
        async with self._turns.of(person) as turn:
            await turn.begin("studio")
            self.at_work.add(person)
            await end.wait()
            self.at_work.discard(person)

    def done(self, person: int) -> None:
        self._ends[person].set()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_two_people_get_pictures_at_once_and_the_third_when_one_of_them_has_them() -> None:
    answers = Answers(PictureTurns(Seconds()))
    async with asyncio.TaskGroup() as group:
        for person in (1, 2, 3):
            group.create_task(answers.give(person))
        await settled()
        assert answers.at_work == {1, 2}
        answers.done(1)
        await settled()
        assert answers.at_work == {2, 3}
        answers.done(2)
        answers.done(3)


async def test_who_asks_again_meanwhile_is_told_to_wait_and_may_ask_again_afterwards() -> None:
    answers = Answers(turns := PictureTurns(Seconds()))
    first = asyncio.create_task(answers.give(1))
    await settled()
    with pytest.raises(RequestRefused, match=STILL_COMING):
        async with turns.of(1):
            pass
    answers.done(1)
    await first
    async with turns.of(1) as turn:
        await turn.begin("studio")


async def test_who_waits_in_line_is_told_to_wait_too() -> None:
    answers = Answers(turns := PictureTurns(Seconds()))
    tasks = [asyncio.create_task(answers.give(person)) for person in (1, 2, 3)]
    await settled()
    with pytest.raises(RequestRefused, match=STILL_COMING):
        async with turns.of(3):
            pass
    for person in (1, 2):
        answers.done(person)
    await settled()
    answers.done(3)
    await asyncio.gather(*tasks)


async def test_a_line_that_is_too_long_takes_nobody_more() -> None:
    answers = Answers(turns := PictureTurns(Seconds()))
    tasks = [asyncio.create_task(answers.give(person)) for person in range(MAX_AT_ONCE + MAX_WAITING)]
    await settled()
    with pytest.raises(RequestRefused, match=CROWDED):
        async with turns.of(99):
            pass
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with turns.of(99) as turn:
        await turn.begin("studio")


async def failing(turns: PictureTurns) -> None:
    async with turns.of(1) as turn:
        await turn.begin("studio")
        raise ZeroDivisionError


async def test_who_waits_for_too_long_is_told_so_and_stands_in_nobody_s_way() -> None:
    answers = Answers(turns := PictureTurns(Seconds(), patience=0.01))
    tasks = [asyncio.create_task(answers.give(person)) for person in (1, 2)]
    await settled()
    with pytest.raises(RequestRefused, match=CROWDED):
        await answers.give(3)
    for person in (1, 2):
        answers.done(person)
    await asyncio.gather(*tasks)
    async with turns.of(3) as turn:
        await turn.begin("studio")


async def test_an_answer_that_takes_too_long_ends_and_gives_its_turn_back() -> None:
    answers = Answers(turns := PictureTurns(Seconds(), limit=0.01))
    for _ in range(MAX_AT_ONCE + 1):
        with pytest.raises(RequestRefused, match=SLOW):
            await answers.give(1)
    async with turns.of(2) as turn:
        await turn.begin("studio")


async def test_another_time_limit_is_not_taken_for_the_answer_s() -> None:
    with pytest.raises(TimeoutError):
        async with PictureTurns(Seconds()).of(1), asyncio.timeout(0):
            await asyncio.Event().wait()


async def test_an_answer_that_fails_gives_its_turn_back() -> None:
    turns = PictureTurns(Seconds())
    for _ in range(MAX_AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError):
            await failing(turns)
    async with asyncio.timeout(1), turns.of(2) as turn:
        await turn.begin("studio")


async def test_after_many_answers_a_person_cools_down_and_is_told_for_how_long_and_others_are_not() -> None:
    turns = PictureTurns(clock := Seconds())
    for _ in range(MAX_IN_COOLDOWN):
        async with turns.of(1) as turn:
            await turn.begin("studio")
        clock.now += 2
    with pytest.raises(RequestRefused, match=r"Try again in 20 s\.$"):
        async with turns.of(1):
            pass
    async with turns.of(2):
        pass
    clock.now += COOLDOWN - MAX_IN_COOLDOWN * 2
    async with turns.of(1):
        pass


async def test_a_refusal_costs_no_cooldown_and_nobody_is_remembered_for_longer_than_that() -> None:
    turns = PictureTurns(clock := Seconds())
    for person in range(1000):
        async with turns.of(person):
            for _ in range(MAX_IN_COOLDOWN):
                with pytest.raises(RequestRefused, match=STILL_COMING):
                    async with turns.of(person):
                        pass
    clock.now += COOLDOWN
    async with turns.of(1):
        pass
    assert len(turns._began) == 1  # pyright: ignore[reportPrivateUsage] - memory has no other face


async def test_of_several_servers_a_slow_one_holds_no_place_of_another_and_all_hold_two() -> None:
    turns = PictureTurns(Seconds(), several=True, patience=0.01)
    async with turns.of(1) as slow, turns.of(2) as second, turns.of(3) as other, turns.of(4) as third:
        await slow.begin("studio")
        with pytest.raises(RequestRefused, match="many people"):
            await second.begin("studio")
        await other.begin("attic")
        with pytest.raises(RequestRefused, match="many people"):
            await third.begin("cellar")
    async with turns.of(3) as again:
        await again.begin("cellar")


async def test_a_person_has_one_answer_at_a_time_from_all_servers_together() -> None:
    turns = PictureTurns(Seconds(), several=True)
    async with turns.of(1) as first:
        await first.begin("studio")
        with pytest.raises(RequestRefused, match="still on their way"):
            async with turns.of(1):
                pass
