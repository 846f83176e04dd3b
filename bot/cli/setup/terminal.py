"""Where the wizard talks with a person: a terminal, or nobody at all."""

import sys
from collections.abc import Sequence
from typing import Protocol

import typer

from bot.errors import SettingWrong
from bot.own_secrets import hide


class Terminal(Protocol):
    """Everything that the wizard wants from a person. `flag` is how a script would answer instead."""

    def say(self, text: str = "") -> None: ...
    def ask(self, question: str, flag: str, *, default: str = "") -> str: ...
    def secret(self, question: str, flag: str) -> str: ...
    def choose(self, question: str, flag: str, choices: Sequence[str], *, default: int = 1) -> int: ...
    def confirm(self, question: str, flag: str) -> bool: ...
    def again(self, trouble: str) -> bool: ...
    def more(self, question: str) -> bool: ...


class Console:
    """Standard input and output. Where no person sits, a question is SettingWrong and names its flag."""

    def say(self, text: str = "") -> None:
        typer.echo(hide(text))

    def ask(self, question: str, flag: str, *, default: str = "") -> str:
        _somebody(flag)
        return str(typer.prompt(question, default=default, show_default=bool(default))).strip()

    def secret(self, question: str, flag: str) -> str:
        """What is typed is not shown."""
        _somebody(flag)
        return str(typer.prompt(question, hide_input=True, default="", show_default=False)).strip()

    def choose(self, question: str, flag: str, choices: Sequence[str], *, default: int = 1) -> int:
        """The place of the choice, from 0; asked again until it is one of them."""
        _somebody(flag)
        for number, choice in enumerate(choices, 1):
            self.say(f"  {number:>2}  {choice}")
        while True:
            typed = self.ask(question, flag, default=str(default)).removeprefix("#")
            if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(choices):
                return int(typed) - 1
            self.say(f"  Type a number from 1 to {len(choices)}.")

    def confirm(self, question: str, flag: str) -> bool:
        _somebody(flag)
        return bool(typer.confirm(question, default=True))

    def again(self, trouble: str) -> bool:
        """Whether to try once more; False where no person sits."""
        return sys.stdin.isatty() and bool(typer.confirm(hide(f"✗ {trouble} Try again?"), default=True))

    def more(self, question: str) -> bool:
        """Whether there is another one; False where no person sits."""
        return sys.stdin.isatty() and bool(typer.confirm(question, default=False))


def _somebody(flag: str) -> None:
    if not sys.stdin.isatty():
        raise SettingWrong(f"Not an interactive terminal. Pass {flag}.")
