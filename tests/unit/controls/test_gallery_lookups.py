import asyncio
from typing import cast

from fakes import FakeGallery, FakePosts, FakeQueue, job

from bot.controls.gallery import AT_ONCE, MAX_LISTS, MAX_THUMBNAIL, GalleryControls
from bot.controls.picture_turns import PictureTurns
from bot.domain.jobs import JobStatus
from bot.errors import ImageUnusable
from bot.images.loader import ImageLoader
from bot.images.picture import Picture

PNG = b"\x89PNG\r\n\x1a\n"


class Loader:
    """Remembers how urgently each picture was asked for."""

    def __init__(self) -> None:
        self.urgent: list[bool] = []
        self.at_once = 0
        self.most = 0
        self.stuck = asyncio.Event()

    async def picture(
        self, server: str, name: str, limit: int, *, bare: bool = False, urgent: bool = True
    ) -> Picture:
        self.urgent.append(urgent)
        return Picture(name, b"12345", None)

    async def thumbnail(self, server: str, name: str) -> bytes:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if name == "gone.png":
            raise ImageUnusable("gone")
        if name == "stuck.png":
            await self.stuck.wait()
        return {"large.png": PNG * MAX_THUMBNAIL, "odd.png": b"text"}.get(name, PNG)


def lookups(loader: Loader) -> GalleryControls:
    return GalleryControls(
        "invokeai",
        FakeQueue(),
        FakeGallery(),
        cast("ImageLoader", loader),
        PictureTurns(lambda: 0.0),
        posts=FakePosts(),
    )


async def test_small_pictures_come_a_few_at_a_time_and_those_that_cannot_be_had_are_left_out() -> None:
    names = [*(f"{place}.png" for place in range(1, 8)), "gone.png", "large.png", "odd.png"]
    jobs = [job(place, JobStatus.COMPLETED, images=(name,)) for place, name in enumerate(names, 1)]
    loader = Loader()
    found = await lookups(loader).thumbnails([*jobs, job(99, JobStatus.FAILED)])
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7]
    assert loader.most == AT_ONCE


async def test_a_list_comes_without_a_picture_that_is_late() -> None:
    names = {1: "a.png", 2: "stuck.png"}
    jobs = [job(number, JobStatus.COMPLETED, images=(name,)) for number, name in names.items()]
    assert sorted(await lookups(Loader()).thumbnails(jobs, patience=0.01)) == [1]


async def test_while_many_lists_fetch_pictures_another_comes_without() -> None:
    loader = Loader()
    subject = lookups(loader)
    stuck = [job(1, JobStatus.COMPLETED, images=("stuck.png",))]
    waiting = [asyncio.create_task(subject.thumbnails(stuck)) for _ in range(MAX_LISTS)]
    await asyncio.sleep(0)
    other = [job(2, JobStatus.COMPLETED, images=("a.png",))]
    assert await subject.thumbnails(other) == {}
    loader.stuck.set()
    await asyncio.gather(*waiting)
    assert sorted(await subject.thumbnails(other)) == [2]


async def test_what_people_look_up_is_made_smaller_after_what_is_owed_to_channels() -> None:
    done = job(1, JobStatus.COMPLETED, images=("a.png", "b.png"))
    loader = Loader()
    subject = GalleryControls(
        "invokeai",
        FakeQueue(done),
        FakeGallery("a.png", "b.png"),
        cast("ImageLoader", loader),
        PictureTurns(lambda: 0.0),
        posts=FakePosts(),
    )
    await subject.pictures(done, 100, 1000)
    assert loader.urgent == [False, False]
