from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.submissions import Asker, Submission
from bot.domain.turns import LEAD, next_portion

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def asked(number: int, person: int, jobs: int, sent: int = 0) -> Submission:
    return Submission(number, "attic", f"b{number}", Asker(person), NOON, jobs, sent, body="{}")


def test_where_one_person_alone_may_queue_all_goes_at_once() -> None:
    assert next_portion([asked(1, 7, 16)], {7: 5}, shared=False) == (asked(1, 7, 16), 16)


def test_where_several_may_queue_nobody_has_more_than_two_in_the_queue() -> None:
    assert next_portion([asked(1, 7, 16)], {7: LEAD}, shared=True) is None
    assert next_portion([asked(1, 7, 16)], {7: LEAD - 1}, shared=True) == (asked(1, 7, 16), 1)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 20)), min_size=1, max_size=6))
def test_people_take_turns_within_two_jobs_and_everything_is_sent(wanted: list[tuple[int, int]]) -> None:
    waiting = [asked(number, person, jobs) for number, (person, jobs) in enumerate(wanted)]
    people = {person for person, _ in wanted}
    left = {person: sum(jobs for who, jobs in wanted if who == person) for person in people}
    queue: deque[int] = deque()
    drawn: list[int] = []
    while waiting or queue:
        while True:
            unfinished = {person: queue.count(person) for person in people}
            portion = next_portion(waiting, unfinished, shared=True)
            if portion is None:
                break
            one, jobs = portion
            queue.extend([one.asker.user_id] * jobs)
            sent = replace(one, sent=one.sent + jobs)
            waiting = [sent if each.id == one.id else each for each in waiting]
            waiting = [each for each in waiting if each.unsent]
        drawn.append(queue.popleft())
    assert sorted(drawn) == sorted(person for person, jobs in left.items() for _ in range(jobs))
    for person in people:
        before = drawn[: max(place for place, who in enumerate(drawn) if who == person)]
        for other in people - {person}:
            shown = before.count(other) - before.count(person)
            assert shown <= LEAD or left[person] < before.count(other)


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=12))
def test_two_people_take_turns_within_two_jobs_however_many_end_between_two_looks(
    looks: list[tuple[int, bool]],
) -> None:
    """`looks`: how many jobs end before the next one, and whether the bot was killed meanwhile."""
    waiting = [asked(1, 7, 20), asked(2, 8, 20)]
    ended, queue, served = list[int](), deque[int](), dict[int, int]()
    for ends, killed in cycle(looks):
        while waiting:
            unfinished = {person: queue.count(person) for person in (7, 8)}
            portion = next_portion(waiting, unfinished, shared=True, served=served)
            if portion is None:
                break
            one, jobs = portion
            queue.extend([one.asker.user_id] * jobs)
            served[one.asker.user_id] = max(served.values(), default=0) + 1
            waiting = [replace(each, sent=each.sent + jobs * (each.id == one.id)) for each in waiting]
            waiting = [each for each in waiting if each.unsent]
        ended += [queue.popleft() for _ in range(min(ends, len(queue)))]
        assert abs(ended.count(7) - ended.count(8)) <= LEAD
        served = {} if killed else served
        if not queue and not waiting:
            break
    assert len(ended) == 40
