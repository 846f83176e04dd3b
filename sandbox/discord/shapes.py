"""The form of a request, as a table: types, lengths, required and known keys. What is wrong is collected.

Discord itself passes over a key that it does not know; here it is refused, since a bot that sends one has
a mistake in it. Null stands for "not given", as it does for Discord.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from sandbox.discord.foreign import Json, Path
from sandbox.discord.refusals import FormErrors


class Shape(Protocol):
    def check(self, value: Any, path: Path, errors: FormErrors) -> None: ...


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `low` to `high` characters; `pattern` is asked last."""

    low: int
    high: int
    matches: Callable[[str], bool] | None = None
    code: str = "STRING_TYPE_REGEX"

    def check(self, value: Any, path: Path, errors: FormErrors) -> None:
        if not isinstance(value, str):
            errors.add(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
        elif self.low > len(value):
            required = self.low == 1 and not value
            code = "BASE_TYPE_REQUIRED" if required else "BASE_TYPE_MIN_LENGTH"
            errors.add(
                path, code, "This field is required" if required else f"Must be {self.low} or more in length."
            )
        elif len(value) > self.high:
            errors.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {self.high} or fewer in length.")
        elif self.matches and not self.matches(value):
            errors.add(path, self.code, "String value did not match validation.")


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, or any number if not `whole`."""

    low: float
    high: float
    whole: bool = True

    def check(self, value: Any, path: Path, errors: FormErrors) -> None:
        kinds = int if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            errors.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
        elif value < self.low:
            errors.add(path, "NUMBER_TYPE_MIN", f"Value should be greater than or equal to {self.low:g}.")
        elif value > self.high:
            errors.add(path, "NUMBER_TYPE_MAX", f"Value should be less than or equal to {self.high:g}.")


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false; with `may_be_true` False only the latter."""

    may_be_true: bool = True

    def check(self, value: Any, path: Path, errors: FormErrors) -> None:
        if not isinstance(value, bool) or (value and not self.may_be_true):
            errors.add(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


@dataclass(frozen=True, slots=True)
class Id:
    """A snowflake. Discord takes numbers as well as strings of digits."""

    def check(self, value: Any, path: Path, errors: FormErrors) -> None:
        if isinstance(value, bool) or not (
            isinstance(value, int) or (isinstance(value, str) and value.isdecimal())
        ):
            errors.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


@dataclass(frozen=True, slots=True)
class Anything:
    def check(self, value: Any, path: Path, errors: FormErrors) -> None:
        del value, path, errors


@dataclass(frozen=True, slots=True)
class Many:
    """A list of `low` to `high` things of one shape."""

    of: Shape
    low: int
    high: int

    def check(self, value: Any, path: Path, errors: FormErrors) -> None:
        if not isinstance(value, list):
            errors.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return
        items = cast("list[Any]", value)
        if not self.low <= len(items) <= self.high:
            errors.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {self.low} and {self.high} in length.")
            return
        for index, item in enumerate(items):
            self.of.check(item, (*path, index), errors)


@dataclass(frozen=True, slots=True)
class Model:
    """An object with these keys and no others."""

    keys: dict[str, Shape]
    required: tuple[str, ...] = ()

    def check(self, value: Any, path: Path, errors: FormErrors) -> None:
        if not isinstance(value, dict):
            errors.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a MODEL_TYPE")
            return
        given = cast("Json", value)
        for key in self.required:
            if given.get(key) is None:
                errors.add((*path, key), "BASE_TYPE_REQUIRED", "This field is required")
        for key, item in given.items():
            if key not in self.keys:
                errors.add((*path, key), "UNKNOWN_FIELD", "This key is not in Discord's documentation.")
            elif item is not None:
                self.keys[key].check(item, (*path, key), errors)


@dataclass(frozen=True, slots=True)
class Kinds:
    """One of several models, told apart by the number in `type`."""

    models: dict[int, Model]

    def check(self, value: Any, path: Path, errors: FormErrors) -> None:
        kind = cast("Json", value).get("type") if isinstance(value, dict) else None
        model = self.models.get(kind) if isinstance(kind, int) else None
        if model is None:
            allowed = ", ".join(map(str, sorted(self.models)))
            errors.add(
                (*path, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({allowed},).'
            )
        else:
            model.check(value, path, errors)


def check(shape: Shape, value: Any, path: Path = ()) -> None:
    """Raises `Refusal` 50035 that names every fault."""
    errors = FormErrors()
    shape.check(value, path, errors)
    errors.refuse()
