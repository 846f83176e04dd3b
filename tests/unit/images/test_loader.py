import asyncio
from io import BytesIO

import pytest
from PIL import Image

from bot.errors import (
    ConversionFailed,
    ImageGone,
    ImageTooLarge,
    ImageUnusable,
    InvokeAIUnavailable,
    LoginNeeded,
)
from bot.images.compression import Compressed
from bot.images.loader import MAX_EXPECTED, MAX_EXPECTED_BYTES, MAX_SOURCE_BYTES, MIN_BYTES, ImageLoader
from bot.images.picture import sniff

SMALL, BIG = bytes(MIN_BYTES), bytes(MIN_BYTES + 1)


class Images:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size: int | None = None
        self.trouble: Exception | None = None
        self.limits: list[int] = []

    async def image(self, name: str, limit: int) -> bytes:
        self.limits.append(limit)
        if self.trouble is not None:
            raise self.trouble
        if (self.size or len(self.data)) > limit:
            raise ImageTooLarge(f"{name} is larger than {limit} bytes.", self.size)
        return self.data

    async def thumbnail(self, name: str, limit: int) -> bytes:
        if self.trouble is not None:
            raise self.trouble
        return self.data


class Compressor:
    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.at_work = 0
        self.most_at_work = 0
        self.asked = 0
        self.bare = False

    async def fit(self, data: bytes, limit: int, *, bare: bool = False) -> Compressed:
        self.asked += 1
        self.bare = bare
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        await asyncio.sleep(0)
        self.at_work -= 1
        if self.trouble is not None:
            raise self.trouble
        return Compressed(data[:limit], "webp", "as WebP")


async def test_what_fits_stays_as_it_is() -> None:
    fitting = Compressor()
    picture = await ImageLoader({"invokeai": Images(SMALL)}, fitting).picture("invokeai", "a.png", MIN_BYTES)
    assert (picture.data, picture.problem, picture.what) == (SMALL, None, None)
    assert fitting.asked == 0


async def test_what_is_too_large_is_made_smaller_and_tells_how() -> None:
    images = Images(BIG)
    picture = await ImageLoader({"invokeai": images}, Compressor()).picture("invokeai", "a.png", MIN_BYTES)
    assert (picture.data, picture.problem, picture.what) == (SMALL, None, "as WebP")
    assert images.limits == [MIN_BYTES, MAX_SOURCE_BYTES]


async def test_a_failed_conversion_leaves_its_reason() -> None:
    fitting = Compressor()
    fitting.trouble = ConversionFailed("It broke off.")
    ladder = ImageLoader({"invokeai": Images(BIG)}, fitting)
    picture = await ladder.picture("invokeai", "a.png", MIN_BYTES)
    assert (picture.data, picture.problem) == (None, "It broke off.")
    fitting.trouble = None
    assert (await ladder.picture("invokeai", "a.png", MIN_BYTES)).data == SMALL


@pytest.mark.parametrize(("size", "words"), [(200 * 1024 * 1024, "has 210 MB"), (None, "is larger")])
async def test_a_file_beyond_all_measure_is_not_fetched(size: int | None, words: str) -> None:
    images = Images(b"")
    images.trouble = ImageTooLarge("a.png is too large", size)
    fitting = Compressor()
    picture = await ImageLoader({"invokeai": images}, fitting).picture("invokeai", "a.png", MIN_BYTES)
    assert picture.data is None
    assert picture.problem is not None
    assert words in picture.problem
    assert fitting.asked == 0


async def test_nothing_is_squeezed_into_next_to_no_room() -> None:
    fitting = Compressor()
    picture = await ImageLoader({"invokeai": Images(SMALL)}, fitting).picture(
        "invokeai", "a.png", MIN_BYTES - 1
    )
    assert picture.data is None
    assert picture.problem == f"a.png is larger than {MIN_BYTES - 1} bytes."
    assert fitting.asked == 0


async def test_an_image_that_is_gone_is_missing_with_the_reason() -> None:
    images = Images(SMALL)
    images.trouble = ImageUnusable("It is gone.")
    picture = await ImageLoader({"invokeai": images}, Compressor()).picture("invokeai", "a.png", MIN_BYTES)
    assert (picture.data, picture.problem) == (None, "It is gone.")


@pytest.mark.parametrize("error", [InvokeAIUnavailable("away"), LoginNeeded("no")])
async def test_what_is_not_the_image_s_fault_comes_through(error: Exception) -> None:
    images = Images(SMALL)
    images.trouble = error
    with pytest.raises(type(error)):
        await ImageLoader({"invokeai": images}, Compressor()).picture("invokeai", "a.png", MIN_BYTES)


async def test_two_channels_share_one_conversion_and_different_pictures_come_one_at_a_time() -> None:
    fitting = Compressor()
    ladder = ImageLoader({"invokeai": Images(BIG)}, fitting)
    await asyncio.gather(*(ladder.picture("invokeai", "a.png", MIN_BYTES) for _ in range(3)))
    assert fitting.asked == 1
    await asyncio.gather(*(ladder.picture("invokeai", f"{n}.png", MIN_BYTES) for n in range(3)))
    assert fitting.asked == 4
    assert fitting.most_at_work == 1


async def test_a_smaller_limit_is_another_picture() -> None:
    ladder = ImageLoader({"invokeai": Images(bytes(3 * MIN_BYTES))}, Compressor())
    for limit in (2 * MIN_BYTES, MIN_BYTES):
        assert len((await ladder.picture("invokeai", "a.png", limit)).data or b"") == limit


class Videos(Images):
    """`frame`: the thumbnail; None: there is none."""

    def __init__(self, data: bytes, frame: bytes | None) -> None:
        super().__init__(data)
        self.frame = frame

    async def thumbnail(self, name: str, limit: int) -> bytes:
        if self.frame is None:
            raise ImageUnusable("gone")
        return self.frame


def webp() -> bytes:
    made = BytesIO()
    Image.new("RGB", (32, 18), "red").save(made, "WEBP")
    return made.getvalue()


async def test_a_video_that_fits_is_as_it_is_and_a_large_one_is_made_smaller() -> None:
    fitting = Compressor()
    picture = await ImageLoader({"s": Videos(SMALL, None)}, fitting).picture("s", "a.mp4", MIN_BYTES)
    assert (picture.data, picture.what, fitting.asked) == (SMALL, None, 0)
    picture = await ImageLoader({"s": Videos(BIG, None)}, fitting).picture("s", "a.mp4", MIN_BYTES)
    assert (picture.data, fitting.asked, fitting.bare) == (SMALL, 1, False)


async def test_a_bare_video_never_goes_out_as_it_is() -> None:
    fitting = Compressor()
    picture = await ImageLoader({"s": Videos(SMALL, None)}, fitting).picture(
        "s", "a.mp4", MIN_BYTES, bare=True
    )
    assert (picture.data, fitting.asked, fitting.bare) == (SMALL, 1, True)


@pytest.mark.parametrize("bare", [False, True])
async def test_of_a_video_that_can_not_be_shown_the_first_frame_is(bare: bool) -> None:
    fitting = Compressor()
    fitting.trouble = ConversionFailed("This bot can't change videos: install invokeai-discord[video].")
    loader = ImageLoader({"s": Videos(BIG, webp())}, fitting)
    picture = await loader.picture("s", "a.mp4", MIN_BYTES, bare=bare)
    assert picture.data is not None
    assert sniff(picture.data) == "png"
    assert picture.problem is None
    assert picture.what == f"only its first frame. {fitting.trouble}"


@pytest.mark.parametrize("frame", [None, b"no picture"])
async def test_where_there_is_no_first_frame_the_reason_is_told(frame: bytes | None) -> None:
    fitting = Compressor()
    fitting.trouble = ConversionFailed("It broke off.")
    picture = await ImageLoader({"s": Videos(BIG, frame)}, fitting).picture("s", "a.mp4", MIN_BYTES)
    assert (picture.data, picture.problem) == (None, "It broke off.")


async def test_a_bare_video_that_is_missing_for_a_moment_is_called_gone_as_an_image_is() -> None:
    images = Images(BIG)
    images.trouble = ImageGone("It is gone.")
    picture = await ImageLoader({"invokeai": images}, Compressor()).picture(
        "invokeai", "a.mp4", MIN_BYTES, bare=True
    )
    assert (picture.data, picture.gone) == (None, True)


async def test_for_next_to_no_room_a_bare_video_is_not_even_fetched() -> None:
    images, compressor = Images(bytes(10)), Compressor()
    loader = ImageLoader({"invokeai": images}, compressor)
    await loader.picture("invokeai", "a.mp4", MIN_BYTES - 1, bare=True)
    assert (images.limits, compressor.asked) == ([], 0)


async def test_an_expected_image_is_fetched_once_and_before_it_is_asked_for() -> None:
    images = Images(SMALL)
    loader = ImageLoader({"invokeai": images}, Compressor())
    loader.expect("invokeai", "a.png")
    await asyncio.sleep(0)
    assert images.limits == [MAX_EXPECTED_BYTES]
    pictures = [await loader.picture("invokeai", "a.png", MIN_BYTES) for _ in range(2)]
    assert [picture.data for picture in pictures] == [SMALL, SMALL]
    assert len(images.limits) == 1


async def test_an_expected_image_keeps_to_the_limit_of_who_asks_for_it() -> None:
    images = Images(BIG)
    loader = ImageLoader({"invokeai": images}, Compressor())
    loader.expect("invokeai", "a.png")
    assert (await loader.picture("invokeai", "a.png", MIN_BYTES)).what == "as WebP"


async def test_an_expected_image_that_is_large_is_asked_for_again_by_who_takes_it() -> None:
    images = Images(SMALL)
    images.size = MAX_EXPECTED_BYTES + 1
    loader = ImageLoader({"invokeai": images}, Compressor())
    loader.expect("invokeai", "a.png")
    assert (await loader.picture("invokeai", "a.png", 2 * MAX_EXPECTED_BYTES)).data == SMALL
    assert images.limits == [MAX_EXPECTED_BYTES, 2 * MAX_EXPECTED_BYTES]


async def test_what_an_expected_image_failed_with_is_told_once_and_the_next_try_is_a_new_one() -> None:
    images = Images(SMALL)
    images.trouble = InvokeAIUnavailable("It is away.")
    loader = ImageLoader({"invokeai": images}, Compressor())
    loader.expect("invokeai", "a.png")
    with pytest.raises(InvokeAIUnavailable):
        await loader.picture("invokeai", "a.png", MIN_BYTES)
    images.trouble = None
    assert (await loader.picture("invokeai", "a.png", MIN_BYTES)).data == SMALL


async def test_each_server_has_one_image_expected_at_a_time_all_of_them_a_few_and_videos_never() -> None:
    servers = [f"box-{number}" for number in range(2 * MAX_EXPECTED)]
    images = Images(SMALL)
    loader = ImageLoader(dict.fromkeys(servers, images), Compressor())
    for name in ("a.mp4", "a.png", "b.png"):
        loader.expect(servers[0], name)
    await asyncio.sleep(0)
    assert len(images.limits) == 1
    for server in servers:
        loader.expect(server, "a.png")
    await asyncio.sleep(0)
    assert len(images.limits) == MAX_EXPECTED


async def test_who_looks_at_a_picture_and_who_is_told_after_it_was_deleted_get_it_as_it_is_now() -> None:
    images = Images(SMALL)
    loader = ImageLoader({"invokeai": images}, Compressor())
    loader.expect("invokeai", "a.png")
    await asyncio.sleep(0)
    images.trouble = ImageGone("gone")
    assert (await loader.picture("invokeai", "a.png", MIN_BYTES, urgent=False)).gone
    assert not (await loader.picture("invokeai", "a.png", MIN_BYTES)).gone
    loader.forget("invokeai", ["a.png"])
    assert (await loader.picture("invokeai", "a.png", MIN_BYTES)).gone
