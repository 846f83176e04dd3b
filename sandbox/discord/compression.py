"""Transport compression of the gateway: one stream for the whole connection."""

import zlib
from typing import Protocol

import zstandard


class Compression(Protocol):
    def compress(self, data: bytes) -> bytes: ...


class ZlibStream:
    """Each message ends with a sync flush (00 00 FF FF)."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def compress(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """Each message ends with a flushed block; the frame never ends."""

    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor().compressobj()

    def compress(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


STREAMS: dict[str, type[ZlibStream] | type[ZstdStream]] = {
    "zlib-stream": ZlibStream,
    "zstd-stream": ZstdStream,
}
