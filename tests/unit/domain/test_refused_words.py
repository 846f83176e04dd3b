import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.refused_words import RefusedWords


@pytest.mark.parametrize(
    ("word", "prompt"),
    [
        ("gore", "Gore, in a forest"),
        ("gore", "a forest (gore:1.3)"),
        ("café", "a CAFE at night"),
        ("cafe", "a cafe\u0301 at night"),
        ("nud*", "a nudist beach"),
        ("dead body", "the dead   body, of work"),
        ("dead bod*", "dead\nbodies"),
        ("ｇｏｒｅ", "gore"),
    ],
)
def test_a_refused_word_is_found_in_whatever_letters(word: str, prompt: str) -> None:
    assert RefusedWords([word]).found_in(None, prompt) == word


@pytest.mark.parametrize(
    ("word", "prompt"),
    [
        ("gore", "a gorge in Gorée"),
        ("nud*", "a denuded hill"),
        ("dead body", "dead and body"),
        ("dead body", "dead"),
        ("", "anything"),
        ("...", "anything ..."),
    ],
)
def test_a_part_of_another_word_is_not_refused(word: str, prompt: str) -> None:
    assert RefusedWords([word]).found_in(prompt) is None


@given(words=st.lists(st.text()), prompt=st.text())
def test_any_text_is_read(words: list[str], prompt: str) -> None:
    found = RefusedWords(words).found_in(prompt)
    assert found is None or found in words


def test_many_stars_against_a_long_word_end_at_once() -> None:
    assert RefusedWords(["*a*a*a*a*a*a*a*a*b"]).found_in("a" * 100_000) is None
