from datetime import timedelta
from typing import TYPE_CHECKING

from fakes import START

from bot.discord.identify_budget import DAY, HOUR, IDENTIFIES, Identifies

if TYPE_CHECKING:
    from discord.types.gateway import SessionStartLimit

AT_ONCE = timedelta()


def limit(total: int, remaining: int, reset_after: timedelta) -> "SessionStartLimit":
    milliseconds = int(reset_after.total_seconds() * 1000)
    return {"total": total, "remaining": remaining, "reset_after": milliseconds, "max_concurrency": 1}


def after(count: int) -> Identifies:
    """So many were sent just now."""
    identifies = Identifies()
    for _ in range(count):
        identifies = identifies.counted(START)
    return identifies


def test_while_much_is_left_nothing_waits() -> None:
    assert after(749).delay(START) == AT_ONCE
    assert after(0).delay(START) == AT_ONCE


def test_the_last_quarter_is_spread_over_a_day() -> None:
    assert after(750).delay(START) == DAY / 250
    assert after(900).delay(START) == DAY / 100
    assert after(900).delay(START + timedelta(minutes=10)) == DAY / 100 - timedelta(minutes=10)
    assert after(900).delay(START + timedelta(minutes=20)) == AT_ONCE


def test_a_clock_that_was_set_back_makes_nothing_wait_longer_than_it_ever_would() -> None:
    assert after(900).delay(START - timedelta(hours=1)) == DAY / 100


def test_with_nothing_left_it_waits_for_the_oldest_hour_to_be_a_day_old() -> None:
    identifies = after(1000)
    assert identifies.left(START) == 0
    assert identifies.delay(START) == DAY + HOUR
    assert identifies.left(START + DAY) == 0
    assert identifies.left(START + DAY + HOUR) == 1000


def test_what_discord_counts_and_we_do_not_counts_until_discord_forgets_it() -> None:
    reset_after = timedelta(hours=2, minutes=10)
    identifies = after(40).told(START, limit(1000, 100, reset_after))
    assert identifies.used(START) == 900
    assert identifies.used(START + reset_after - timedelta(seconds=1)) == 900
    assert identifies.used(START + timedelta(hours=4)) == 40
    assert Identifies().told(START, limit(1000, 0, reset_after)).delay(START) >= reset_after


def test_what_we_count_and_discord_does_not_still_counts() -> None:
    identifies = after(900).told(START, limit(2000, 2000, timedelta()))
    assert (identifies.limit, identifies.used(START)) == (2000, 900)


def test_it_reads_what_it_wrote_and_forgets_old_hours() -> None:
    identifies = after(3).counted(START + DAY + 2 * HOUR)
    assert IDENTIFIES.validate_json(IDENTIFIES.dump_json(identifies)) == identifies
    assert sum(identifies.by_hour.values()) == 1
