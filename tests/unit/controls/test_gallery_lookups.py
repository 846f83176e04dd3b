from typing import cast

from fakes import FakeGallery, FakePosts, FakeQueue, job

from bot.controls.gallery import GalleryControls
from bot.controls.picture_turns import PictureTurns
from bot.domain.jobs import JobStatus
from bot.images.loader import ImageLoader
from bot.images.picture import Picture


class Loader:
    """Remembers how urgently each picture was asked for."""

    def __init__(self) -> None:
        self.urgent: list[bool] = []

    async def picture(
        self, server: str, name: str, limit: int, *, bare: bool = False, urgent: bool = True
    ) -> Picture:
        self.urgent.append(urgent)
        return Picture(name, b"12345", None)


async def test_what_people_look_up_is_made_smaller_after_what_is_owed_to_channels() -> None:
    done = job(1, JobStatus.COMPLETED, images=("a.png", "b.png"))
    loader = Loader()
    gallery = GalleryControls(
        "invokeai",
        FakeQueue(done),
        FakeGallery("a.png", "b.png"),
        cast("ImageLoader", loader),
        PictureTurns(lambda: 0.0),
        posts=FakePosts(),
    )
    await gallery.pictures(done, 100, 1000)
    assert loader.urgent == [False, False]
