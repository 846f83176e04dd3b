from datetime import timedelta

from fakes import START, Clock

from bot.watching.lasting import MAX_GAP, Lasting

MINUTE = timedelta(minutes=1)


def test_it_lasts_since_the_first_look_that_was_followed_by_others_without_a_gap() -> None:
    clock = Clock()
    lasting = Lasting(clock)
    for _ in range(30):
        assert lasting.seen() == START
        clock.forward(MINUTE)


def test_a_machine_that_slept_begins_anew() -> None:
    clock = Clock()
    lasting = Lasting(clock)
    lasting.seen()
    clock.forward(MAX_GAP + timedelta(seconds=1))
    assert lasting.seen() == clock.now


def test_a_clock_that_is_set_back_begins_anew() -> None:
    clock = Clock()
    lasting = Lasting(clock)
    lasting.seen()
    clock.forward(-MINUTE)
    assert lasting.seen() == clock.now


def test_what_was_over_in_between_begins_anew() -> None:
    clock = Clock()
    lasting = Lasting(clock)
    lasting.seen()
    clock.forward(MINUTE)
    lasting.over()
    assert lasting.seen() == clock.now
