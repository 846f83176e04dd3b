"""The points between a person's press and the answer at which a bot can be made to die: see deaths.py."""

from deadline import Point, Strike

from bot.controls.creating import Creating
from bot.domain.creation import Imagined, Template, Wish
from bot.domain.submissions import Asker, Submission
from bot.store.submissions import Submissions


def written_down(strike: Strike) -> dict[str, type]:
    """What a person asked for is kept; InvokeAI has not heard of it."""

    class DyingSubmissions(Submissions):
        async def add(self, new: Submission, replaces: int | None = None) -> Submission:
            added = await super().add(new, replaces)
            strike()
            return added

    return {"Submissions": DyingSubmissions}


def in_flight(strike: Strike) -> dict[str, type]:
    """A part of it is about to be sent."""

    class DyingSubmissions(Submissions):
        async def sending(self, one: Submission, jobs: int) -> Submission:
            changed = await super().sending(one, jobs)
            strike()
            return changed

    return {"Submissions": DyingSubmissions}


def taken(strike: Strike) -> dict[str, type]:
    """InvokeAI has answered what it took; nobody has written that down."""

    class DyingSubmissions(Submissions):
        async def arrived(self, one: Submission, jobs: int) -> Submission:
            strike()
            return await super().arrived(one, jobs)

    return {"Submissions": DyingSubmissions}


def arrived(strike: Strike) -> dict[str, type]:
    class DyingSubmissions(Submissions):
        async def arrived(self, one: Submission, jobs: int) -> Submission:
            changed = await super().arrived(one, jobs)
            strike()
            return changed

    return {"Submissions": DyingSubmissions}


def before_the_answer(strike: Strike) -> dict[str, type]:
    """All is queued, or written down; the person has not heard of it."""

    class DyingCreating(Creating):
        async def imagine(self, asker: Asker, wish: Wish, template: Template | None = None) -> Imagined:
            imagined = await super().imagine(asker, wish, template)
            strike()
            return imagined

    return {"Creating": DyingCreating}


OF_CREATING: dict[str, Point] = {
    point.__name__: point for point in (written_down, in_flight, taken, arrived, before_the_answer)
}
