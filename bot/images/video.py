"""A video made to fit a size limit, or freed of all words. Slow, and by PyAV: for a process of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from io import BytesIO, RawIOBase
from typing import Any

from bot.images.compression import Compressed
from bot.images.picture import size

MIN_SIDE = 128
MIN_BITS_PER_PIXEL = 0.04
"""Of a frame: with less there are blocks instead of a picture, so it is made smaller."""
MAX_SECONDS = 600
_SCALES = (1.0, 0.75, 0.5, 0.35, 0.25)
_SPARE = (0.94, 0.8, 0.6)
"""What share of the limit is aimed at, in turn: an encoder keeps to no figure exactly."""
_OPTIONS = {"preset": "veryfast", "threads": "2"}


def fit_video(data: bytes, limit: int, *, bare: bool) -> Compressed | None:
    """The video within `limit` bytes: as it is, else encoded anew and without sound. None if nothing fits, or
    the bytes are no video.

    `bare`: with nothing in the file but pictures and sound. ModuleNotFoundError without PyAV.
    """
    if not bare and len(data) <= limit:
        return Compressed(data, "mp4", None)
    av: Any = import_module("av")  # the extra `video`
    try:
        same = _rewrapped(av, data) if bare else data
        if len(same) <= limit:
            return Compressed(same, "mp4", None)
        return _smaller(av, data, limit)
    except (av.FFmpegError, ValueError, IndexError):  # no video, no picture in it, a codec that MP4 has not
        return None


@dataclass(frozen=True, slots=True)
class _Film:
    width: int
    height: int
    rate: Fraction
    seconds: float


class _Again(RawIOBase):
    """What was written so far, read anew: an MP4's index goes to its front when all is known."""

    def __init__(self, written: BytesIO) -> None:
        self._written = written
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        start = (0, self._at, self._written.getbuffer().nbytes)[whence]
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = None if size < 0 else self._at + size
        found = bytes(self._written.getbuffer()[self._at : end])
        self._at += len(found)
        return found


def _writer(av: Any, out: BytesIO) -> Any:
    """An MP4 that plays while it is still being loaded."""

    def again(_url: str, _flags: int, _options: Any) -> RawIOBase:
        return _Again(out)

    return av.open(out, "w", format="mp4", options={"movflags": "faststart"}, io_open=again)


def _rewrapped(av: Any, data: bytes) -> bytes:
    """The same pictures and sound in a new container, which has no words."""
    out = BytesIO()
    with av.open(BytesIO(data)) as source, _writer(av, out) as target:
        kept = {
            stream.index: target.add_stream_from_template(stream)
            for stream in (*source.streams.video[:1], *source.streams.audio[:1])
        }
        for packet in source.demux([source.streams[index] for index in kept]):
            if packet.dts is not None:
                packet.stream = kept[packet.stream.index]
                target.mux(packet)
    return out.getvalue()


def _smaller(av: Any, data: bytes, limit: int) -> Compressed | None:
    film = _film(av, data)
    if not 0 < film.seconds <= MAX_SECONDS:
        return None
    for share in _SPARE:
        bits = limit * 8 * share / film.seconds
        for width, height in _sizes(film):
            if bits / float(film.rate) < width * height * MIN_BITS_PER_PIXEL:
                continue
            made = _encoded(av, data, film.rate, (width, height), int(bits))
            if len(made) <= limit:
                return Compressed(made, "mp4", _told(film, (width, height), made, data))
            break
    return None


def _film(av: Any, data: bytes) -> _Film:
    with av.open(BytesIO(data)) as source:
        stream = source.streams.video[0]
        seconds = (source.duration or 0) / av.time_base
        return _Film(stream.width, stream.height, stream.average_rate or Fraction(24), seconds)


def _sizes(film: _Film) -> Iterator[tuple[int, int]]:
    """Even, as the encoder wants them."""
    for scale in _SCALES:
        width, height = (max(2, int(side * scale) // 2 * 2) for side in (film.width, film.height))
        if scale == 1 or min(width, height) >= MIN_SIDE:
            yield width, height


def _encoded(av: Any, data: bytes, rate: Fraction, sides: tuple[int, int], bits: int) -> bytes:
    out = BytesIO()
    with av.open(BytesIO(data)) as source, _writer(av, out) as target:
        stream = target.add_stream("libx264", rate=rate, options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = *sides, "yuv420p"
        stream.bit_rate = bits
        for place, frame in enumerate(source.decode(video=0)):
            shown = frame.reformat(*sides, format="yuv420p")
            shown.pts, shown.time_base = place, 1 / rate
            target.mux(stream.encode(shown))
        target.mux(stream.encode())
    return out.getvalue()


def _told(film: _Film, sides: tuple[int, int], made: bytes, data: bytes) -> str:
    at = f" at {sides[0]} × {sides[1]}" if sides != (film.width, film.height) else ""
    return f"encoded anew{at}, {size(len(made))} of {size(len(data))}"
