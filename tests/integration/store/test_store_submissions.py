from dataclasses import replace
from datetime import timedelta

from store_samples import NOW, job

from bot.domain.submissions import Asker, Retry, Submission
from bot.store.database import Database
from bot.store.submissions import Submissions

ANN = Asker(2**62, 7, 8, counted=True)
BEN = Asker(2, None, None)


def asked(batch_id: str, asker: Asker = ANN, jobs: int = 3, minutes: int = 0) -> Submission:
    return Submission(0, "attic", batch_id, asker, NOW + timedelta(minutes=minutes), jobs, body='{"a": 1}')


async def test_what_a_person_asked_for_is_unsent_until_all_of_it_has_arrived(database: Database) -> None:
    store = Submissions(database)
    one = await store.add(asked("b1"))
    other = await store.add(asked("b2", BEN))
    assert await store.unsent("attic") == [one, other]
    assert await store.unsent("cellar") == []
    flying = await store.sending(one, 2)
    assert (flying.in_flight, flying.unsent) == (2, 3)
    some = await store.arrived(flying, 1)
    assert (some.sent, some.in_flight, some.body) == (1, 0, '{"a": 1}')
    whole = await store.arrived(await store.sending(some, 2), 2)
    assert whole == replace(one, sent=3, body=None)
    assert await store.unsent("attic") == [other]
    assert await store.unended("attic", ANN.user_id) == [whole]


async def test_whose_batch_it_is_outlives_its_end(database: Database) -> None:
    store = Submissions(database)
    answered = replace(ANN, reply_to=99)
    one = await store.add(asked("b1", answered))
    await store.add(asked("b2", BEN))
    await store.ended([one.id], NOW)
    assert await store.askers("attic", ["b1", "b2", "b3"]) == {"b1": answered, "b2": BEN}
    assert await store.askers("cellar", ["b1"]) == {}
    assert [each.batch_id for each in await store.unended("attic")] == ["b2"]


async def test_what_is_cut_is_forgotten_or_ends_with_what_was_sent(database: Database) -> None:
    store = Submissions(database)
    unsent, begun = await store.add(asked("b1")), await store.add(asked("b2"))
    await store.cut(unsent)
    begun = await store.arrived(await store.sending(begun, 1), 1)
    await store.cut(begun)
    assert await store.askers("attic", ["b1", "b2"]) == {"b2": ANN}
    assert [each.unsent for each in await store.unended("attic")] == [0]
    assert await store.unsent("attic") == []


async def test_a_day_s_jobs_are_counted_with_their_times(database: Database) -> None:
    store = Submissions(database)
    for minutes, jobs in ((0, 1), (5, 2), (9, 4)):
        await store.add(asked(f"b{minutes}", ANN, jobs, minutes))
    await store.add(asked("other", BEN, 9, 6))
    assert await store.asked_since(ANN.user_id, NOW) == [
        (NOW + timedelta(minutes=5), 2),
        (NOW + timedelta(minutes=9), 4),
    ]


async def test_only_what_is_old_and_wholly_sent_is_pruned(database: Database) -> None:
    store = Submissions(database)
    await store.arrived(await store.add(replace(asked("old"), jobs=1)), 1)
    await store.add(asked("unsent"))
    await store.arrived(await store.add(replace(asked("young", minutes=9), jobs=1)), 1)
    async with database.transaction() as conn:
        assert await store.prune(conn, NOW + timedelta(minutes=1)) == 1
    assert set(await store.askers("attic", ["old", "unsent", "young"])) == {"unsent", "young"}


def retry(asker: Asker, retried: int, above: int) -> Retry:
    return Retry(0, "attic", asker, NOW, retried, above)


async def test_a_retry_belongs_to_who_asked_last_before_it_came_over_a_restart(database: Database) -> None:
    store = Submissions(database)
    await store.add(asked("b1"))
    [first, second] = await store.retries.add([retry(BEN, 1, 5), retry(ANN, 1, 8)])
    again = Submissions(database)  # the process died before it knew the new numbers
    old, new = job(1), replace(job(6), retried_from=1, batch_id="b1")
    assert await again.owner(replace(old, batch_id="b1")) == ANN
    assert await again.owner(new) == BEN
    assert await again.owner(replace(new, number=9)) == ANN
    assert await again.owner(replace(new, server="cellar")) is None
    await again.retries.numbered({first.id: 6, second.id: 9})
    assert (await again.owned("attic", BEN.user_id)).numbers == {6}
    assert await again.owner(replace(new, retried_from=None)) == BEN  # as a list tells of it
    await again.retries.ended([first.id], NOW)
    assert [one.id for one in await again.retries.unended("attic")] == [second.id]


async def test_a_day_counts_retries_and_no_job_that_was_put_in_front(database: Database) -> None:
    store = Submissions(database)
    await store.add(asked("b1", jobs=2))
    await store.add(asked("moved", jobs=1), replaces=7)
    await store.retries.add([retry(ANN, 1, 5)])
    assert sum(jobs for _, jobs in await store.asked_since(ANN.user_id, NOW - timedelta(days=1))) == 3
