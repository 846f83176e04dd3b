"""Text made to keep the processor busy: each pattern's worst, up to 1 MB, beside as much ordinary text."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render_examples import job

from bot.delivery.composer import rendered
from bot.domain.events import EventKind, JobEvent
from bot.domain.failures import explain, fingerprint
from bot.domain.jobs import Failure, JobStatus
from bot.render import notices
from bot.render.scrub import scrub
from bot.render.text import slug
from bot.render.tracebacks import MAX_FILE, ending, is_long, traceback_file

HOSTILE = [
    *("eyJaaaaaaaa-", "eyJ", "eyJaaaaaaaa.", "a.", "a-", "-", "--a-", "--token ", '--token "', "é", "\\'"),
    *("/", "\\", "\\\\a\\b ", "/home/", "/home/a b ", "/media/a", "%2F", "/users/a%2F", "C:\\Users\\a b"),
    *("password=", "password='", 'password="', 'password="\\', "token: bearer ", "password  ", "cookie=;"),
    *("://", "://@", "://a:1.", "?x-amz-a", "/webhooks/1", "bearer ", "basic   ", "sk-", "github_pat_"),
    *("-----BEGIN PRIVATE KEY-----", "-----END ", "`", "@everyone", "\n", " ", "\u202e", '"/nodes/', "^ "),
    "The above exception was the direct cause of the following exception:\n\n",
]
ORDINARY = '  File "/opt/venv/lib/python3.12/site-packages/torch/nn.py", line 1, in forward: a red fox\n'
FACTOR = 8
"""So many times as long as for ordinary text of the same length may it take: what is quadratic takes 50."""
SIZE = 24_000
SECRET = "hunter2hunter2"


def took(work: Callable[[str], object], text: str) -> float:
    """Seconds of processor time, the best of three."""
    times: list[float] = []
    for _ in range(3):
        begin = time.process_time()
        work(text)
        times.append(time.process_time() - begin)
    return min(times)


def filled(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


@pytest.mark.parametrize("unit", HOSTILE)
def test_scrubbing_takes_time_as_the_length_of_the_text(unit: str) -> None:
    assert took(scrub, filled(unit, SIZE)) < FACTOR * took(scrub, filled(ORDINARY, SIZE)) + 0.002


def render(text: str) -> None:
    """All that is made of a failure whose traceback, message and prompt are this text."""
    failure = Failure("RuntimeError", text, text)
    failed = replace(job(7), status=JobStatus.FAILED, failure=failure)
    ending(text, 1000)
    traceback_file(failed)
    slug(text, 60)
    explain(failure)
    fingerprint(failure)


@pytest.fixture(scope="module")
def ordinary_seconds() -> float:
    """What rendering takes for ordinary text; each try another one, as what was scrubbed is kept."""
    return min(took_once(f"{filled(ORDINARY, MAX_FILE)}{place}") for place in range(3))


def took_once(text: str) -> float:
    begin = time.process_time()
    render(text)
    return time.process_time() - begin


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4), st.integers(1, 1_000_000))
def test_a_traceback_and_a_prompt_of_up_to_1_mb_cost_no_more_than_the_part_that_is_read(
    ordinary_seconds: float, units: Sequence[str], size: int
) -> None:
    assert took_once(filled("".join(units), size)) < FACTOR * ordinary_seconds + 0.01


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}" + "x" * (MAX_FILE - 8),  # one word: the cut falls into it
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n" + f"{SECRET}\n" * 10_000 + "-----END PRIVATE KEY-----\nok",
    ],
)
def test_the_cut_of_a_long_traceback_shows_no_part_of_a_secret(text: str) -> None:
    file = traceback_file(replace(job(7), failure=Failure("E", "", text)))
    assert SECRET not in ending(text, 1000)
    assert file is None or (SECRET.encode() not in file.data and b"xxxx" not in file.data)


def test_of_a_long_traceback_the_file_holds_the_end_in_whole_lines() -> None:
    lines = [f"line {number}" for number in range(20_000)]
    file = traceback_file(replace(job(7), failure=Failure("E", "", "\n".join(lines))))
    assert file is not None
    first, *others = file.data.decode().splitlines()
    assert first == "[...]"
    assert others == lines[-len(others) :]
    assert len(file.data) > MAX_FILE - 20
    assert file.description == "The end of job #7's traceback"


async def test_a_notice_with_a_long_traceback_is_rendered_beside_the_event_loop() -> None:
    failed = replace(job(7), status=JobStatus.FAILED, failure=Failure("E", "m", filled(ORDINARY, 50_000)))
    assert is_long(failed)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await rendered(
        [JobEvent(EventKind.FAILED, failed)], lambda: notices.failed(JobEvent(EventKind.FAILED, failed))
    )
    ticking.cancel()
    assert ticks > 1
