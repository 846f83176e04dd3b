"""A process of its own that makes one picture or video smaller, or ready for InvokeAI. `worker` starts it.

Its bytes come on standard input, the limit as the argument; a second one, BARE, asks for a video without a
word in it, or, INPUT, for a picture that jobs may start from. Out come a line `<extension> <what>` and the
bytes; nothing if nothing fits, or if it can't be read.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from bot.images.compression import Compressed, fit
from bot.images.picture import sniff
from bot.images.upload import prepared
from bot.images.video import fit_video

BARE = "bare"
INPUT = "input"
NO_PYAV = 77
"""The exit code where a video needs the extra `video`, which is not installed."""
MAX_MEMORY = 1536 * 1024 * 1024
"""Bytes of address space: 80 million pixels, their copies and the libraries stay below it."""


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the bot ends it, not what ends the bot
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _stand_back()
    data, wanted = sys.stdin.buffer.read(), sys.argv[2:]
    fitted = prepared(data) if INPUT in wanted else _fitted(data, int(sys.argv[1]), bare=BARE in wanted)
    if fitted is not None:
        sys.stdout.buffer.write(f"{fitted.extension} {fitted.what or ''}\n".encode())
        sys.stdout.buffer.write(fitted.data)


def _fitted(data: bytes, limit: int, *, bare: bool) -> Compressed | None:
    if sniff(data) != "mp4":
        return None if bare else fit(data, limit)  # a picture keeps the words that it has
    try:
        return fit_video(data, limit, bare=bare)
    except ModuleNotFoundError:
        sys.exit(NO_PYAV)


def _stand_back() -> None:
    """Whoever shares this machine comes first: with the processor, and where memory runs out."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Windows has none

    os.nice(10)
    _, highest = resource.getrlimit(resource.RLIMIT_AS)
    if highest == resource.RLIM_INFINITY or highest > MAX_MEMORY:
        with suppress(ValueError, OSError):  # macOS can't
            resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, highest))
    with suppress(OSError):  # only Linux has it
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    main()
