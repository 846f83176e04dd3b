"""A failure's words without the texts that its picture was made from, however Python wrote them."""

import json
from collections.abc import Iterable
from dataclasses import replace
from string import ascii_lowercase, ascii_uppercase

from bot.domain.jobs import Failure, Recipe

HIDDEN = "[prompt]"
NOT_KNOWN = "[hidden here, since the job's prompt is not known]"
MIN_PIECE = 12
"""A piece of a text that is at least so long is found by itself: errors cut texts and break them in lines."""
MIN_WHOLE = 4
"""A shorter text is looked for in quotes only: it would be found everywhere."""
MAX_MESSAGE, MAX_TRACEBACK = 8_000, 33_000
"""So many characters are read, of a traceback its last: more than is shown."""
MAX_KNOWN = 4_000
"""Longer texts of a job are not looked for: they count as not known."""
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def without_prompts(failure: Failure, recipe: Recipe | None) -> Failure:
    """Where no text of the job is known, or too long a one, nothing is told of the failure but its type."""
    known = (recipe.prompt, recipe.negative_prompt, *recipe.texts) if recipe else ()
    texts = {text.strip() for text in known if text} - {""}
    if not texts or sum(map(len, texts)) > MAX_KNOWN:
        message = NOT_KNOWN if failure.message.strip() else ""
        traceback = f"{failure.error_type}: {NOT_KNOWN}" if failure.traceback.strip() else ""
        return replace(failure, message=message, traceback=traceback)
    forms = {form for text in texts for form in _forms(text)}
    return replace(
        failure,
        message=_without(failure.message[:MAX_MESSAGE], forms),
        traceback=_without(failure.traceback[-MAX_TRACEBACK:], forms),
    )


def _forms(text: str) -> Iterable[str]:
    """As it is, and as Python's `repr` and JSON write it, once and once more inside another text."""
    once = {text, repr(text)[1:-1], ascii(text)[1:-1], json.dumps(text)[1:-1]}
    return once | {repr(form)[1:-1] for form in once} | {json.dumps(form)[1:-1] for form in once}


def _without(text: str, forms: set[str]) -> str:
    for form in sorted((form for form in forms if len(form) < MIN_PIECE), key=len, reverse=True):
        if len(form) >= MIN_WHOLE:
            text = text.replace(form, HIDDEN)
        else:
            for quote in "'\"":
                text = text.replace(f"{quote}{form}{quote}", f"{quote}{HIDDEN}{quote}")
    return _without_pieces(text, {piece for form in forms for piece in _pieces(form)})


def _pieces(text: str) -> Iterable[str]:
    lower = text.translate(_LOWER)
    return (lower[place : place + MIN_PIECE] for place in range(len(lower) - MIN_PIECE + 1))


def _without_pieces(text: str, pieces: set[str]) -> str:
    """Each run of pieces replaced, but for blanks around it. Linear in the text, whatever stands there."""
    runs: list[tuple[int, int]] = []
    for place, piece in enumerate(_pieces(text)):
        if piece in pieces:
            start = runs.pop()[0] if runs and place <= runs[-1][1] else place
            runs.append((start, place + MIN_PIECE))
    shown: list[str] = []
    kept = 0
    for start, end in runs:
        run = text[start:end]
        words = run.strip()
        before, _, after = run.partition(words) if words else (run, "", "")
        shown += [text[kept:start], before, HIDDEN if words else "", after]
        kept = end
    return "".join([*shown, text[kept:]])
