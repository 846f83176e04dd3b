"""What custom ids are made of."""

import re
from collections.abc import Iterable


def one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in words)


SERVER = r"(?P<server>[A-Za-z0-9_-]{1,20})"
NUMBER = r"(?P<number>[1-9][0-9]{0,18})"
