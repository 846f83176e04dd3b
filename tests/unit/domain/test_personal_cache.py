"""How long an entry is kept, for whom, and how many of them."""

from datetime import timedelta

from fakes import Clock

from bot.domain.personal_cache import PersonalCache

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
ANN, BEN = 7, 8


def test_an_entry_is_had_by_its_person_until_its_time_is_over_or_it_is_dropped() -> None:
    clock = Clock()
    cache = PersonalCache[str](clock, lifetime=HOUR, most=9)
    cache.put(1, ANN, "a fox")
    clock.forward(HOUR)
    assert (cache.get(1, ANN), cache.get(1, BEN), cache.get(2, ANN)) == ("a fox", None, None)
    cache.put(1, ANN, "a hen")
    clock.forward(HOUR)
    assert cache.get(1, ANN) == "a hen"
    clock.forward(SECOND)
    assert cache.get(1, ANN) is None
    cache.put(1, ANN, "an owl")
    cache.drop(1)
    assert cache.get(1, ANN) is None


def test_the_newest_are_kept_of_all_and_of_each_person() -> None:
    clock = Clock()
    cache = PersonalCache[int](clock, lifetime=HOUR, most=4, most_of_one=2)
    for key, person in enumerate((BEN, ANN, ANN, ANN, 9, 10)):
        cache.put(key, person, key)
    assert [key for key in range(6) if cache.get(key, (BEN, ANN, ANN, ANN, 9, 10)[key]) is not None] == [
        2,
        3,
        4,
        5,
    ]
    clock.forward(HOUR + SECOND)
    cache.put(9, ANN, 9)
    assert len(cache) == 1
