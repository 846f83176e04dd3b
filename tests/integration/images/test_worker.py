import asyncio
import os
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from bot.errors import ConversionFailed
from bot.images.worker import CompressionWorker
from sandbox.invokeai.videos import film

MIB = 1024 * 1024
LIMIT = 10 * MIB
CHILDREN = Path("/proc/self/task") / str(os.getpid()) / "children"


def noise(side: int) -> bytes:
    """A PNG about as large as its pixels: 4096 × 4096 are 50 MB."""
    made = BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)).save(made, "PNG", compress_level=0)
    return made.getvalue()


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    """Another program in the place of ours."""
    (folder / "another_program.py").write_text(f"import os, sys, time\nsys.stdin.buffer.read(1)\n{text}\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return "another_program"


async def longest_stall(until: asyncio.Event) -> float:
    longest = 0.0
    last = time.perf_counter()
    while not until.is_set():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


async def test_a_picture_of_fifty_megabytes_fits_and_the_loop_goes_on() -> None:
    picture = noise(4096)
    done = asyncio.Event()
    watching = asyncio.create_task(longest_stall(done))
    began = time.perf_counter()
    fitted = await CompressionWorker().fit(picture, LIMIT)
    took = time.perf_counter() - began
    done.set()
    stall = await watching
    print(f"{len(picture):,} bytes: {fitted.what} in {took:.2f} s, longest stall {stall * 1000:.0f} ms")  # noqa: T201 - the figure is the point
    assert len(fitted.data) <= LIMIT
    assert fitted.extension == "webp"
    assert fitted.what is not None
    assert fitted.what.startswith("as WebP")
    assert fitted.what.endswith("of 50 MB")
    with Image.open(BytesIO(fitted.data)) as image:
        image.load()
    assert stall < 1


@pytest.mark.parametrize(
    "picture", [noise(256)[:-2000], b"no picture" * 2000, b""], ids=["cut off", "no picture", "nothing"]
)
async def test_what_is_no_whole_picture_is_not_made_smaller(picture: bytes) -> None:
    with pytest.raises(ConversionFailed, match="can't be made to fit into 100"):
        await CompressionWorker().fit(picture, 100_000)


async def test_a_picture_of_too_many_pixels_is_not_opened() -> None:
    made = BytesIO()
    Image.new("L", (16_000, 16_000)).save(made, "PNG", compress_level=1)
    with pytest.raises(ConversionFailed, match="can't be made to fit"):
        await CompressionWorker().fit(made.getvalue(), 70_000)


@pytest.mark.parametrize(
    ("text", "words"),
    [("os.kill(os.getpid(), 9)", "exit code -9"), ("sys.exit(3)", "exit code 3"), ("1 / 0", "exit code 1")],
)
async def test_a_process_that_breaks_off_is_a_failed_conversion(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitter = CompressionWorker(program=program(tmp_path, monkeypatch, text))
    with pytest.raises(ConversionFailed, match=words):
        await fitter.fit(bytes(5 * MIB), LIMIT)


async def test_a_process_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitter = CompressionWorker(program=program(tmp_path, monkeypatch, "time.sleep(600)"), timeout=0.05)
    with pytest.raises(ConversionFailed, match="too long"):
        await fitter.fit(bytes(5 * MIB), LIMIT)


@pytest.mark.skipif(not CHILDREN.exists(), reason="this system does not list a process's children")
async def test_a_cancelled_conversion_leaves_no_process_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = CHILDREN.read_text().split()
    fitter = CompressionWorker(program=program(tmp_path, monkeypatch, "time.sleep(600)"))
    work = asyncio.create_task(fitter.fit(bytes(5 * MIB), LIMIT))
    while CHILDREN.read_text().split() == before:  # noqa: ASYNC110 - a process has no event
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert CHILDREN.read_text().split() == before


async def test_the_process_is_given_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    monkeypatch.setenv("INVOKEAI_PASSWORD", "secret")
    names = "print('png as it is'); print(sorted(os.environ))"
    fitted = await CompressionWorker(program=program(tmp_path, monkeypatch, names)).fit(b"x", LIMIT)
    assert b"PYTHONPATH" in fitted.data
    assert b"DISCORD_TOKEN" not in fitted.data
    assert b"INVOKEAI_PASSWORD" not in fitted.data


async def test_without_pyav_a_video_is_not_changed_and_the_reason_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "av.py").write_text("raise ModuleNotFoundError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ConversionFailed, match=r"install invokeai-discord\[video\]"):
        await CompressionWorker().fit(film("a fox", 0), LIMIT, bare=True)


async def test_a_video_loses_its_words_and_is_made_to_fit() -> None:
    pytest.importorskip("av", reason="PyAV is not installed: pip install 'invokeai-discord[video]'")
    data = film("red fox in snow", LIMIT)
    bare = await CompressionWorker().fit(data, LIMIT, bare=True)
    assert (bare.extension, bare.what) == ("mp4", None)
    assert b"red fox" not in bare.data
    fitted = await CompressionWorker().fit(data, LIMIT)
    assert fitted.what is not None
    assert fitted.what.startswith("encoded anew")
    assert len(fitted.data) <= LIMIT


async def test_a_picture_under_a_video_s_name_does_not_go_out_with_its_words() -> None:
    told, made = PngImagePlugin.PngInfo(), BytesIO()
    told.add_text("invokeai_graph", "red fox")
    Image.new("RGB", (64, 64)).save(made, "PNG", pnginfo=told)
    with pytest.raises(ConversionFailed):
        await CompressionWorker().fit(made.getvalue(), LIMIT, bare=True)
