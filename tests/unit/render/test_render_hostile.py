"""Text made to keep the processor busy: each pattern's worst, up to 1 MB, beside as much ordinary text."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render_examples import HOSTILE, filled, job

from bot.domain import failures
from bot.domain.failures import explain, fingerprint
from bot.domain.jobs import Failure, Job, JobStatus, Output, OutputKind, Recipe
from bot.render import scrub as scrub_module
from bot.render import text as text_module
from bot.render import tracebacks
from bot.render.beside_the_loop import LONG, rendered
from bot.render.scrub import scrub
from bot.render.text import slug
from bot.render.tracebacks import MAX_FILE, ending, traceback_file

ORDINARY = '  File "/opt/venv/lib/python3.12/site-packages/torch/nn.py", line 1, in forward: a red fox\n'
FACTOR = 8
"""So many times as long as for ordinary text of the same length may it take: what is quadratic takes 50."""
SIZE = 24_000
READ = 32_000
"""Of a longer text no more characters than these may cost anything."""
MAX_CALL = 0.05
"""Seconds of processor time: five times what the slowest takes on a small machine."""
SECRET = "hunter2hunter2"


def took(work: Callable[[str], object], text: str) -> float:
    """Seconds of processor time, the best of three."""
    times: list[float] = []
    for _ in range(3):
        begin = time.thread_time()
        work(text)
        times.append(time.thread_time() - begin)
    return min(times)


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
    return min(took_once(f"{filled(ORDINARY, READ)}{place}") for place in range(3))


def took_once(text: str) -> float:
    begin = time.thread_time()
    render(text)
    return time.thread_time() - begin


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4), st.sampled_from([1_000, READ, 1_000_000]))
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


def patterns() -> dict[str, re.Pattern[str]]:
    """Of all that foreign text passes, but for what is only matched at one known place."""
    modules = (scrub_module, tracebacks, text_module, failures)
    found = {f"{each.__name__}.{name}": value for each in modules for name, value in vars(each).items()}
    del found["bot.render.scrub._NAMED_VALUE"]
    return {name: value for name, value in found.items() if isinstance(value, re.Pattern)}


@pytest.mark.parametrize("name", patterns())
def test_no_pattern_holds_the_interpreter_for_long_on_the_longest_text_that_is_read(name: str) -> None:
    """A thread does not help there: while a pattern is at work no other thread runs."""
    pattern = patterns()[name]
    for unit in HOSTILE:
        text = filled(unit, MAX_FILE)
        assert took(lambda text: pattern.sub("", text), text) < MAX_CALL, unit


def with_texts(text: str) -> list[Job]:
    """A job each that has it at one of the places where a job can have one."""
    plain = replace(job(7), recipe=None)
    return [
        replace(plain, failure=Failure("E", "", text)),
        replace(plain, failure=Failure("E", text, "")),
        replace(plain, recipe=Recipe(prompt=text)),
        replace(plain, recipe=Recipe(texts=(text[1:], text[:1]))),
        replace(plain, outputs=(Output(OutputKind.TEXT, text=text),)),
    ]


@pytest.mark.parametrize("place", range(5))
async def test_a_job_with_long_texts_is_rendered_in_a_thread(place: int) -> None:
    for text, beside in (("x" * LONG, False), ("x" * (LONG + 1), True)):
        thread = await rendered([with_texts(text)[place]], threading.get_ident)
        assert (thread != threading.get_ident()) is beside
