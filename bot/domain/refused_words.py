"""Words that the owner does not want in a prompt. A fence and not a wall: other spellings get by. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase

MAX_WORD = 60
"""A longer word of a prompt is compared by its beginning."""


class RefusedWords:
    """Words or phrases; large and small letters and accents do not matter, `*` stands for any letters."""

    def __init__(self, words: Iterable[str]) -> None:
        phrases = {word: tuple(_words(word, kept="*")) for word in words}
        self._phrases = {word: phrase for word, phrase in phrases.items() if phrase}

    def found_in(self, *texts: str | None) -> str | None:
        """The first of them that one of the texts has, as the owner wrote it."""
        read = [_words(text) for text in texts if text]
        for word, phrase in self._phrases.items():
            if any(_holds(words, phrase) for words in read):
                return word
        return None


def _words(text: str, kept: str = "") -> list[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word[:MAX_WORD] for word in re.findall(rf"[\w{re.escape(kept)}]+", bare)]


def _holds(words: list[str], phrase: tuple[str, ...]) -> bool:
    length = len(phrase)
    return any(
        all(fnmatchcase(word, wanted) for word, wanted in zip(words[place:], phrase, strict=False))
        for place in range(len(words) - length + 1)
    )
