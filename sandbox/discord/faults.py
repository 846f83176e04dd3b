"""Faults that a test asks for: the next requests to a route fail, hang, or lose their answer."""

from collections.abc import Callable
from dataclasses import dataclass, field

Match = Callable[[str, str], bool]
"""Asked with a request's method and its route template."""


@dataclass(slots=True)
class Fault:
    """`after` True: the request is carried out, then its answer is lost or replaced.

    `status` None with `cut` False only delays. `delay` in seconds. `meanwhile` is called when the request
    has come in (`after`: when it is carried out), before anything is answered. `page`: even a 429 is the
    bare page of a proxy. `upload`: the connection breaks in the middle of the request's body.
    `bytes_per_second`: the body comes that slowly; of one whose sender hangs up earlier nothing came.
    `code`: the answer is Discord's own JSON with that code. A 401 is Discord's own as well, unless `page`.
    """

    match: Match
    times: int
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cut: bool = False
    after: bool = False
    delay: float = 0.0
    meanwhile: Callable[[], None] | None = None
    page: bool = False
    upload: bool = False
    bytes_per_second: float | None = None
    code: int | None = None

    @property
    def breaks(self) -> bool:
        """The true answer does not arrive."""
        return self.cut or self.status is not None


def route(words: str) -> Match:
    """`"POST /channels/{channel_id}/messages"`, or a method, or a template; `"*"` is any request."""
    wanted = words.split()
    return lambda method, template: words == "*" or all(word in (method, template) for word in wanted)


class Faults:
    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def next(self, method: str, template: str) -> Fault | None:
        """The oldest fault that is meant for this request; one of its times is used up."""
        for fault in self._waiting:
            if fault.match(method, template):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
