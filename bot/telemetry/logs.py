"""Log lines: one an event, harmless to a terminal, and without our own secrets."""

import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from io import StringIO
from typing import Any, TextIO

import stamina.instrumentation
import structlog

from bot.own_secrets import hide


def configure_logging(level: str, fmt: str) -> None:
    """One line an event on standard error, ours and the libraries' alike; theirs from WARNING on at most."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if fmt == "json"
        else [
            _harmless,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback),
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    stamina.instrumentation.set_on_retry_hooks([])  # its own lines hold the arguments of calls
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, _without_secrets],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for ours in ("bot", "cogs"):
        logging.getLogger(ours).setLevel(level)


def about_server(server: str, run: Callable[[], Awaitable[None]]) -> Callable[[], Coroutine[Any, Any, None]]:
    """The same work, with `server` in each line that comes of it and names none: the libraries' too."""

    async def named() -> None:
        with structlog.contextvars.bound_contextvars(server=server):
            await run()

    return named


def _without_secrets(_logger: object, _level: str, line: Any) -> str:
    """The last of the processors: it sees the line as it is written, with its traceback."""
    return hide(str(line))


def _harmless(_logger: object, _level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Foreign words in a line can't steer the terminal, and can't pass for a line of their own."""
    return {name: _visible(value) if isinstance(value, str) else value for name, value in event.items()}


def _traceback(out: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    """A plain one: a rich one shows locals, and secrets."""
    written = StringIO()
    structlog.dev.plain_traceback(written, exc_info)
    out.write("\n" + _visible(written.getvalue().strip("\n")))


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    lines = ("".join(c if c.isprintable() else " " for c in line) for line in text.split("\n"))
    return "\n    ".join(lines)
