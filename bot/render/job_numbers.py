"""Job numbers as a notice's line names them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.events import JobEvent
from bot.domain.jobs import Job
from bot.domain.subscriptions import Mention, MentionKind

_MAX_PARTS = 4


@dataclass(frozen=True, slots=True)
class Share:
    """A job and which of its images (places in `job.images`, ascending) a notice is about."""

    job: Job
    places: tuple[int, ...]

    @property
    def names(self) -> list[str]:
        """Of those images; empty for a place that the job does not have."""
        images = self.job.images
        return [images[place] if place < len(images) else "" for place in self.places]

    @property
    def whole(self) -> bool:
        return not self.places or len(self.places) == len(self.job.images)


def shares(events: Iterable[JobEvent]) -> list[Share]:
    """The events by job, lowest number first; each job and each image once.

    Of a job of many images each event may know its own image's name alone, so the names are put together.
    """
    jobs: dict[int, Job] = {}
    names: dict[int, dict[int, str]] = {}
    for event in events:
        job, place = event.job, event.image
        jobs.setdefault(job.number, job)
        mine = names.setdefault(job.number, {})
        if place is not None:
            mine[place] = job.images[place] if place < len(job.images) else ""
    return [_share(jobs[number], names[number]) for number in sorted(jobs)]


def _share(job: Job, names: Mapping[int, str]) -> Share:
    images = tuple(names.get(place, name) for place, name in enumerate(job.images))
    return Share(replace(job, images=images), tuple(sorted(names)))


def numbers_of(group: Sequence[Share]) -> str:
    """`#803–#812`; jobs that are there in part: `#803–#804, #805 (1–4 of 12)`; cut: `…, #830 and 12 more`.

    The lowest number (and image) always stands first, so groups that share no image never look alike.
    """
    parts: list[tuple[str, int]] = []
    whole = [share.job.number for share in group if share.whole]
    runs = dict(_runs(whole))
    for share in group:
        number = share.job.number
        if not share.whole:
            parts.append((f"#{number} ({_places(share.places)} of {len(share.job.images)})", 1))
        elif number in runs:
            last = runs[number]
            parts.append((f"#{number}" if last == number else f"#{number}–#{last}", last - number + 1))
    text = ", ".join(part for part, _ in parts[:_MAX_PARTS])
    left = sum(count for _, count in parts[_MAX_PARTS:])
    return f"{text} and {left} more" if left else text


def numbers_in_runs(numbers: Iterable[int], most: int = 20) -> str:
    """`#813, #815–#827`, ascending, each once; beyond `most` parts `… and 12 more`."""
    runs = list(_runs(sorted(set(numbers))))
    text = ", ".join(f"#{a}" if a == b else f"#{a}–#{b}" for a, b in runs[:most])
    left = sum(b - a + 1 for a, b in runs[most:])
    return f"{text} and {left} more" if left else text


def by_whom(events: Iterable[JobEvent]) -> str:
    """` by @Ann` where one person asked the bot for all of it; else empty."""
    people = {event.by for event in events}
    asked = people.pop() if len(people) == 1 else None
    return f" by {Mention(MentionKind.USER, asked)}" if asked is not None else ""


def _places(places: Sequence[int]) -> str:
    return ", ".join(f"{a + 1}" if a == b else f"{a + 1}–{b + 1}" for a, b in _runs(places))


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
