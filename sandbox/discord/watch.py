"""Wait for something to become true without polling."""

import asyncio
from collections.abc import Callable


class Watch:
    """Whoever changes the state calls `changed`; whoever waits is woken when its question has an answer."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def changed(self) -> None:
        for question, answer in self._waiting:
            if not answer.done() and question():
                answer.set_result(None)

    async def until(self, question: Callable[[], bool], *, timeout: float, what: str) -> None:  # noqa: ASYNC109 - it is this method's duty to say what was awaited in vain
        """Raises TimeoutError, naming `what`, after `timeout` seconds."""
        if question():
            return
        waiter = (question, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter[1]
        except TimeoutError:
            raise TimeoutError(f"waited {timeout:g} s in vain for {what}") from None
        finally:
            self._waiting.remove(waiter)
