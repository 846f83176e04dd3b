"""What a picture was made from is not told by the words of its failure."""

import json
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_examples import FAILURE

from bot.domain.jobs import Failure, Recipe
from bot.render.hidden_words import MAX_KNOWN, MIN_PIECE, NOT_KNOWN, without_prompts
from bot.render.tracebacks import plain_words

PROMPT = 'Anna\'s "red" fox\nin the snow of Zürich, C:\\foxes'


def failing(words: str) -> Failure:
    return Failure("ValueError", words, f"{FAILURE.traceback}ValueError: {words}\n")


def told(failure: Failure, recipe: Recipe | None) -> str:
    hidden = without_prompts(failure, recipe)
    return f"{hidden.message}\n{hidden.traceback}"


@pytest.mark.parametrize(
    "words",
    [
        f"bad: {PROMPT}",
        f"bad: {PROMPT!r}",
        f"bad: {PROMPT!a}",
        f"bad: {json.dumps({'prompt': PROMPT})}",
        f"bad: {KeyError(f'{PROMPT!r}')}",
        f"bad: {PROMPT.lower()}",
        f"input_value='{PROMPT[:25]}...{PROMPT[-20:]}'",
        "bad:\n  " + PROMPT.replace("\n", "\n  "),
    ],
)
def test_a_prompt_is_hidden_however_python_wrote_it_or_cut_it(words: str) -> None:
    for recipe in (Recipe(PROMPT), Recipe(negative_prompt=PROMPT), Recipe(texts=(PROMPT,))):
        shown = told(failing(words), recipe)
        assert not any(part in shown.lower() for part in ("anna", "snow of", "foxes"))
        assert "[prompt]" in shown


def test_what_is_no_prompt_stays() -> None:
    shown = without_prompts(failing(f"size mismatch for {PROMPT} in lora.safetensors"), Recipe(PROMPT))
    assert shown.message == "size mismatch for [prompt] in lora.safetensors"
    assert shown.traceback.startswith(FAILURE.traceback)


def test_a_short_prompt_is_hidden_in_quotes_and_a_shorter_word_elsewhere_stays() -> None:
    assert without_prompts(failing("no token for 'ox' in box"), Recipe("ox")).message == (
        "no token for '[prompt]' in box"
    )
    assert without_prompts(failing("no token for red fox"), Recipe("red fox")).message == (
        "no token for [prompt]"
    )


@pytest.mark.parametrize("recipe", [None, Recipe(), Recipe(model="Juggernaut", prompt=" ")])
def test_of_a_job_whose_prompt_is_unknown_no_foreign_word_is_told(recipe: Recipe | None) -> None:
    failure = failing(f"bad: {PROMPT}")
    hidden = without_prompts(failure, recipe)
    assert hidden == Failure("ValueError", NOT_KNOWN, f"ValueError: {NOT_KNOWN}")


def test_a_frequent_failure_keeps_its_plain_words_where_the_prompt_is_unknown() -> None:
    assert "ran out of memory" in plain_words(without_prompts(FAILURE, None))[0]


def test_no_words_stay_no_words() -> None:
    assert without_prompts(Failure("ValueError", "", ""), None) == Failure("ValueError", "", "")


@given(st.text(min_size=MIN_PIECE, max_size=60), st.text(max_size=40), st.text(max_size=40))
def test_no_piece_of_a_prompt_is_left_in_any_text(prompt: str, before: str, after: str) -> None:
    texts = prompt.strip()
    if len(texts) < MIN_PIECE:
        return
    shown = without_prompts(replace(FAILURE, message=f"{before}{prompt}{after}"), Recipe(prompt)).message
    assert texts not in shown


def test_a_huge_traceback_of_nothing_but_prompt_costs_little() -> None:
    failure = Failure("ValueError", "a fox " * 200_000, "a fox in " * 200_000)
    began = time.process_time()
    without_prompts(failure, Recipe("a fox in " * 4_000))
    assert time.process_time() - began < 0.2


def test_of_a_text_that_is_too_long_to_be_looked_for_nothing_is_told_but_the_error_s_type() -> None:
    long = "anna and a fox " * (MAX_KNOWN // 15)
    assert "[prompt]" in told(failing(long[-100:]), Recipe(long.strip()))
    for recipe in (Recipe(long + long), Recipe(long, long[1:]), Recipe(texts=(long, long[1:]))):
        hidden = f"{NOT_KNOWN}\nValueError: {NOT_KNOWN}"
        assert told(failing(long[-100:]), recipe) == hidden
