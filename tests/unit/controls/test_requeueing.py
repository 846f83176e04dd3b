"""Controls that queue jobs again and look after images, with stand-ins of InvokeAI."""

from dataclasses import replace

import pytest
from fakes import FakeDesk, FakeGallery, FakePosts, FakeQueue, FakeReruns, job

from bot.controls.gallery import GalleryControls
from bot.controls.picture_turns import PictureTurns
from bot.controls.requeueing import Requeueing
from bot.domain.jobs import Board, JobStatus
from bot.domain.submissions import Asker
from bot.errors import ImageTooLarge, ImageUnusable, JobUnknown, RequestRefused
from bot.images.loader import ImageLoader
from bot.images.worker import CompressionWorker

ANN = Asker(5, 7, 8)
DONE = job(1, JobStatus.COMPLETED, images=("a.png", "b.png"))


def images_of(queue: FakeQueue, gallery: FakeGallery) -> GalleryControls:
    loader = ImageLoader({"invokeai": queue}, CompressionWorker())
    return GalleryControls("invokeai", queue, gallery, loader, PictureTurns(lambda: 0.0), posts=FakePosts())


class Dice:
    """Draws 1, 2, 3…"""

    def __init__(self) -> None:
        self.drawn = 0
        self.most: set[int] = set()

    def __call__(self, most: int) -> int:
        self.drawn += 1
        self.most.add(most)
        return self.drawn


def requeueing(queue: FakeQueue, reruns: FakeReruns, dice: Dice) -> Requeueing:
    return Requeueing(queue, reruns, FakeDesk(queue), dice)


async def test_each_new_job_gets_a_new_seed_of_the_whole_range() -> None:
    queue, dice = FakeQueue(DONE), Dice()
    reruns = FakeReruns(queue)
    done = await requeueing(queue, reruns, dice).again(ANN, 1, 3)
    assert reruns.orders == [(1, (1, 2, 3), None)]
    assert done.again.submitted.numbers == (2, 3, 4)
    assert done.after == await queue.status()
    assert dice.most == {2**32}
    assert reruns.chosen == []


async def test_a_given_seed_is_the_first_and_the_next_ones_count_up_and_start_again_at_0() -> None:
    queue, dice = FakeQueue(DONE), Dice()
    reruns = FakeReruns(queue)
    await requeueing(queue, reruns, dice).again(ANN, 1, 3, seed=2**32 - 2)
    assert reruns.orders == [(1, (2**32 - 2, 2**32 - 1, 0), None)]
    assert reruns.chosen == [(2**32 - 2, 2**32 - 1, 0)]
    assert dice.drawn == 0


@pytest.mark.parametrize(
    ("typed", "ordered"), [("red fox", None), (" red fox\n", None), ("red hen", "red hen"), ("", "")]
)
async def test_only_a_changed_prompt_is_changed(typed: str, ordered: str | None) -> None:
    queue = FakeQueue(DONE)
    reruns = FakeReruns(queue, prompt="red fox ")
    await requeueing(queue, reruns, Dice()).again(ANN, 1, prompt=typed)
    assert reruns.orders == [(1, (1,), ordered)]


async def test_what_is_queued_again_is_asked_for_by_who_pressed_and_runs_first_if_they_say_so() -> None:
    queue = FakeQueue(DONE)
    desk = FakeDesk(queue)
    subject = Requeueing(queue, FakeReruns(queue), desk, Dice())
    await subject.again(ANN, 1, 4)
    await subject.again(ANN, 1, first=True)
    assert desk.asked == [(ANN, 4, False), (ANN, 1, True)]


async def test_a_new_prompt_with_a_refused_word_queues_nothing_and_an_old_one_may_have_it() -> None:
    queue = FakeQueue(DONE)
    desk = FakeDesk(queue)
    subject = Requeueing(queue, FakeReruns(queue, prompt="some gore"), desk, Dice())
    with pytest.raises(RequestRefused, match="does not allow “gore”"):
        await subject.again(ANN, 1, prompt="more gore")
    assert desk.asked == []
    await subject.again(ANN, 1, prompt="some gore")
    assert desk.asked == [(ANN, 1, False)]


async def test_stars_moves_and_deletions_count_what_was_still_there() -> None:
    gallery = FakeGallery("a.png")
    gallery.all_boards = [Board("b1", "Foxes")]
    curating = images_of(FakeQueue(DONE), gallery)
    assert (await curating.star(1, starred=True)).count == 1
    assert await curating.starred(DONE)
    assert (await curating.star(1, starred=False)).count == 1
    assert not await curating.starred(DONE)
    moved = await curating.move(1, "b1")
    assert (moved.count, moved.board.name, gallery.lying) == (1, "Foxes", {"a.png": "b1"})
    assert (await curating.delete(1)).count == 1
    assert (await curating.delete(1)).count == 0
    assert not await curating.starred(DONE)


async def test_a_job_without_images_has_nothing_to_star_and_a_vanished_one_is_told() -> None:
    curating = images_of(FakeQueue(job(1, JobStatus.FAILED)), FakeGallery())
    with pytest.raises(RequestRefused, match="#1 is failed and has no image"):
        await curating.star(1, starred=True)
    with pytest.raises(JobUnknown):
        await curating.delete(2)


async def test_a_board_that_was_never_offered_takes_nothing() -> None:
    gallery = FakeGallery("a.png")
    curating = images_of(FakeQueue(DONE), gallery)
    with pytest.raises(RequestRefused, match="no board yet"):
        await curating.boards()
    gallery.all_boards = [Board("b1", "Foxes")]
    with pytest.raises(RequestRefused, match="That board is gone"):
        await curating.move(1, "b2")
    assert gallery.lying == {}


class Sized(FakeQueue):
    """`sizes` of images in bytes; InvokeAI says them before it sends."""

    sizes: dict[str, int]

    async def image(self, name: str, limit: int) -> bytes:
        if name not in self.sizes:
            raise ImageUnusable("It is gone.")
        if self.sizes[name] > limit:
            raise ImageTooLarge("It is too large.", self.sizes[name])
        return bytes(self.sizes[name])


async def test_originals_come_as_far_as_they_fit_and_each_other_one_says_why_not() -> None:
    many = replace(DONE, images=("a.png", "b.png", "huge.png", "gone.png", "c.png"))
    queue = Sized(many)
    queue.sizes = {"a.png": 6, "b.png": 7, "huge.png": 99, "c.png": 4}
    found = await images_of(queue, FakeGallery()).originals(many, limit=8, room=10)
    assert [(one.place, len(one.data or b""), one.size) for one in found] == [
        (0, 6, None),
        (1, 0, 7),
        (2, 0, 99),
        (3, 0, None),
        (4, 4, None),
    ]
    assert "File 2 does not fit beside the others" in found[1].problem
    assert found[2].problem == ""
    assert found[3].problem == "It is gone."


async def test_pictures_stay_within_their_room() -> None:
    queue = FakeQueue()
    shown = await images_of(queue, FakeGallery()).pictures(
        replace(DONE, images=("a.png", "a.png", "b.png")), 100, 8
    )
    assert [picture.data for picture in shown] == [b"12345", None, None]
