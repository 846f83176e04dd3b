import gc
import io
import sys
from collections.abc import Iterator

import aiohttp
import pytest

from bot.discord.components import FileBuffer
from bot.discord.sink import uploads
from bot.render.message import File


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
def test_the_bytes_of_a_file_are_let_go_without_the_garbage_collector() -> None:
    data = bytes(100_000)
    before = sys.getrefcount(data)
    with uploads([File("fox.png", data, None)]) as files:
        [file] = files
        assert file.fp.read() == data
        file.close()  # as discord.py does: from now on the file holds itself
        del file
    files.clear()
    assert sys.getrefcount(data) == before


async def test_aiohttp_learns_the_size_of_an_upload_without_a_copy_and_sends_it_whole() -> None:
    data = bytes(range(256)) * 1_000
    upload = FileBuffer(data)
    assert upload.getbuffer().obj is data
    part = aiohttp.payload.get_payload(upload)
    assert isinstance(part, aiohttp.BytesIOPayload)
    assert part.size == len(data)
    assert await part.as_bytes() == data


def test_a_closed_upload_can_not_be_read() -> None:
    upload = FileBuffer(b"fox")
    upload.close()
    assert upload.closed
    with pytest.raises(ValueError, match="closed"):
        io.BytesIO.read(upload)
