"""A press, as the function that answers it gets it; and which function answers which action."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

import discord

from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot
from bot.domain.actions import Action

Interaction: TypeAlias = discord.Interaction[InvokeAIBot]
TOO_OLD = "That button is too old, or not mine. Use the command instead."
ButtonT = TypeVar("ButtonT")
AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class Press(Generic[ButtonT]):
    """Somebody who may do it pressed that button, picked from that menu, or filled in that form."""

    interaction: Interaction
    button: ButtonT
    controls: ServerControls
    clock: Callable[[], datetime]


Handler: TypeAlias = Callable[[Press[ButtonT]], Awaitable[AnswerT]]


class Handlers(Generic[ButtonT, AnswerT]):
    """A decorator by which a function registers itself as the answer to one or more actions."""

    def __init__(self) -> None:
        self._of: dict[Action, Handler[ButtonT, AnswerT]] = {}

    def __call__(self, *actions: Action) -> Callable[[Handler[ButtonT, AnswerT]], Handler[ButtonT, AnswerT]]:
        def register(handler: Handler[ButtonT, AnswerT]) -> Handler[ButtonT, AnswerT]:
            self._of.update(dict.fromkeys(actions, handler))
            return handler

        return register

    @property
    def actions(self) -> frozenset[Action]:
        """Those that have an answer."""
        return frozenset(self._of)

    async def answer(self, action: Action, press: Press[ButtonT]) -> AnswerT:
        return await self._of[action](press)
