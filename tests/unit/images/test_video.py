"""Videos made to fit, and freed of words. PyAV is the extra `video`, which the extra `dev` brings."""

import os
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.images.video import fit_video
from sandbox.invokeai.videos import clip, film

av: Any = pytest.importorskip("av", reason="PyAV is not installed: pip install 'invokeai-discord[video]'")

SECRET = "red fox in snow"


def noisy(seconds: int = 2, side: int = 256, rate: int = 12) -> bytes:
    """A video that hardly packs, with words in its container."""
    out = BytesIO()
    with av.open(out, "w", format="mp4") as target:
        target.metadata["comment"] = SECRET
        stream = target.add_stream("libx264", rate=rate, options={"crf": "10", "preset": "ultrafast"})
        stream.width = stream.height = side
        for _ in range(seconds * rate):
            picture = Image.frombytes("RGB", (side, side), os.urandom(side * side * 3))
            target.mux(stream.encode(av.VideoFrame.from_image(picture)))
        target.mux(stream.encode())
    return out.getvalue()


def frames(data: bytes) -> list[bytes]:
    with av.open(BytesIO(data)) as source:
        return [bytes(frame.planes[0]) for frame in source.decode(video=0)]


def test_what_fits_stays_as_it_is() -> None:
    data = clip()
    fitted = fit_video(data, len(data), bare=False)
    assert fitted is not None
    assert (fitted.data, fitted.extension, fitted.what) == (data, "mp4", None)


def test_of_a_bare_video_all_pictures_are_left_and_no_word() -> None:
    for data in (film(SECRET, 100), noisy()):
        assert SECRET.encode() in data
        fitted = fit_video(data, len(data) * 2, bare=True)
        assert fitted is not None
        assert SECRET.encode() not in fitted.data
        assert frames(fitted.data) == frames(data)
        assert fitted.what is None
        assert fitted.data[4:8] == b"ftyp"
        assert fitted.data.index(b"moov") < fitted.data.index(b"mdat")


@pytest.mark.parametrize("bare", [False, True])
def test_what_is_too_large_is_encoded_anew_at_its_length(bare: bool) -> None:
    data = noisy()
    limit = len(data) // 8
    fitted = fit_video(data, limit, bare=bare)
    assert fitted is not None
    assert fitted.what is not None
    assert fitted.what.startswith("encoded anew")
    assert len(fitted.data) <= limit
    assert SECRET.encode() not in fitted.data
    with av.open(BytesIO(fitted.data)) as made:
        assert made.duration / av.time_base == pytest.approx(2, abs=0.1)
        assert sum(1 for _ in made.decode(video=0)) == 24


def test_a_tighter_limit_makes_it_smaller_in_size() -> None:
    data = noisy(side=512)
    limit = 40_000
    fitted = fit_video(data, limit, bare=False)
    assert fitted is not None
    assert len(fitted.data) <= limit
    assert fitted.what is not None
    with av.open(BytesIO(fitted.data)) as made:
        stream = made.streams.video[0]
        assert stream.width < 512
        assert f"at {stream.width} × {stream.height}" in fitted.what


@pytest.mark.parametrize("data", [b"", b"no video", clip()[:2000], b"\0" * 5000], ids=len)
def test_what_is_no_video_and_what_fits_nowhere_is_nothing(data: bytes) -> None:
    assert fit_video(data, 1000, bare=True) is None


def test_no_limit_is_met_by_next_to_nothing() -> None:
    assert fit_video(noisy(), 2000, bare=False) is None
