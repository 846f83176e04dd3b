"""A workflow that somebody fills in: what is kept, what is refused, and that it is queued once."""

import asyncio
from collections.abc import Sequence

import pytest
from creating_place import ANN, PHOTO, Atelier
from store_samples import NOW

from bot.controls.drafts import Draft
from bot.controls.workflows import WorkflowControls
from bot.domain.submissions import Quota
from bot.domain.workflows import FieldKind, Form, FormField, Limits, WorkflowSummary
from bot.errors import BotError, InvokeAIUnavailable, QuotaReached, RequestRefused
from bot.invokeai.http_errors import NotReached
from bot.invokeai.requeue.batch import BatchBody
from bot.invokeai.workflows.filling import Typed
from bot.invokeai.workflows.offering import OpenWorkflow, questions_of
from bot.invokeai.workflows.reading import Offered
from bot.store.database import Database

PROMPT = FormField("n", "prompt", FieldKind.TEXT, "Prompt", text="a gore-free fox", has_value=True)
STEPS = FormField("n", "steps", FieldKind.WHOLE_NUMBER, "Steps", text="20", limits=Limits(1, 50))
START = FormField("n", "image", FieldKind.IMAGE, "Start", required=True)
FIELDS = (PROMPT, STEPS, START)
RIGHT = {"n::prompt": "a hen", "n::steps": "30"}


class FakeWorkflows:
    """InvokeAI's workflows: one, which makes `jobs`. `trouble` is raised in place of its batch."""

    def __init__(self, jobs: int = 1, trouble: BotError | None = None) -> None:
        self.jobs = jobs
        self.trouble = trouble
        self.typed: list[Typed] = []

    async def find(self, query: str) -> list[WorkflowSummary]:
        if query == "away":
            raise InvokeAIUnavailable("InvokeAI is away.")
        return [WorkflowSummary("w1", "Foxes", "", shipped=False)]

    async def open(self, name: str) -> OpenWorkflow:
        form = Form(FIELDS)
        return OpenWorkflow(name, "Foxes", form, Offered(), questions_of(form, Offered()))

    async def batch(self, opened: OpenWorkflow, typed: Typed) -> BatchBody:
        del opened
        self.typed.append(dict(typed))
        if self.trouble is not None:
            raise self.trouble
        return BatchBody({"graph": {}, "runs": self.jobs}, self.jobs)


class Place:
    def __init__(self, database: Database, client: FakeWorkflows, *words: str, quota: int = 4) -> None:
        self.client = client
        self.atelier = Atelier(database, *words, quota=Quota(quota))
        self.controls = WorkflowControls(client, self.atelier.creating, lambda: NOW)

    async def opened(self, number: int = 1) -> Draft:
        return await self.controls.open(ANN, "w1", number)

    async def filled(self, **images: bytes) -> Draft:
        draft = self.controls.note(await self.opened(), RIGHT)
        return await self.controls.fill(draft, 0, {f"n::{name}": data for name, data in images.items()})

    @property
    def sent(self) -> Sequence[object]:
        return self.atelier.feed.sent


async def test_what_was_filled_in_is_queued_for_that_person_and_the_draft_is_gone(database: Database) -> None:
    place = Place(database, FakeWorkflows(jobs=3))
    draft = await place.filled(image=PHOTO)
    done = await place.controls.send(ANN, draft)
    assert place.client.typed == [{**RIGHT, "n::image": "new.png"}]
    assert (done.submitted.submission.jobs, done.submitted.submission.asker, done.workflow) == (
        3,
        ANN,
        "Foxes",
    )
    with pytest.raises(RequestRefused, match="no longer kept"):
        await place.controls.send(ANN, draft)
    with pytest.raises(RequestRefused, match="no longer kept"):
        place.controls.draft(draft.id, ANN.user_id)
    assert len(place.sent) == 1


async def test_of_two_presses_at_once_one_queues(database: Database) -> None:
    place = Place(database, FakeWorkflows())
    draft = await place.filled(image=PHOTO)
    ends = await asyncio.gather(*(place.controls.send(ANN, draft) for _ in range(2)), return_exceptions=True)
    assert [isinstance(end, RequestRefused) for end in ends] == [False, True]
    assert len(place.sent) == 1


async def test_what_does_not_fit_is_refused_and_all_of_it_is_kept_the_picture_too(database: Database) -> None:
    place = Place(database, FakeWorkflows())
    draft = place.controls.note(await place.opened(), {"n::prompt": "a hen", "n::steps": "many"})
    with pytest.raises(RequestRefused, match="“Steps” takes a whole number from 1 to 50, not “many”"):
        await place.controls.fill(draft, 0, {"n::image": PHOTO})
    kept = {"n::prompt": "a hen", "n::steps": "many", "n::image": "new.png"}
    assert place.controls.typed(draft) == kept == place.controls.draft(1, ANN.user_id).typed
    again = place.controls.note(place.controls.draft(1, ANN.user_id), {"n::steps": "7"})
    assert (await place.controls.fill(again, 0, {})).typed == {**kept, "n::steps": "7"}


async def test_a_file_that_is_no_picture_is_refused(database: Database) -> None:
    with pytest.raises(RequestRefused, match="no picture"):
        await Place(database, FakeWorkflows()).filled(image=b"words")


async def test_a_refused_word_counts_where_the_person_wrote_it_not_where_the_author_did(
    database: Database,
) -> None:
    place = Place(database, FakeWorkflows(), "gore*")
    draft = place.controls.note(await place.opened(), {**RIGHT, "n::prompt": "some gore"})
    with pytest.raises(RequestRefused, match="The owner of this bot does not allow"):
        await place.controls.fill(draft, 0, {"n::image": PHOTO})
    asis = place.controls.note(draft, {"n::prompt": PROMPT.text})
    await place.controls.fill(asis, 0, {"n::image": PHOTO})


async def test_who_has_all_that_they_may_is_told_before_the_form_opens(database: Database) -> None:
    place = Place(database, FakeWorkflows(jobs=2), quota=2)
    await place.controls.send(ANN, await place.filled(image=PHOTO))
    with pytest.raises(QuotaReached, match="2 of yours are waiting or running"):
        await place.opened(2)


@pytest.mark.parametrize(("jobs", "trouble"), [(5, None), (1, InvokeAIUnavailable("InvokeAI is away."))])
async def test_where_nothing_was_queued_it_can_be_sent_again(
    jobs: int, trouble: BotError | None, database: Database
) -> None:
    client = FakeWorkflows(jobs, trouble)
    place = Place(database, client)
    draft = await place.filled(image=PHOTO)
    with pytest.raises((QuotaReached, InvokeAIUnavailable)):
        await place.controls.send(ANN, draft)
    assert place.controls.keeps(draft)
    client.jobs, client.trouble = 1, None
    await place.controls.send(ANN, draft)
    assert len(place.sent) == 1


@pytest.mark.parametrize(
    ("trouble", "again"),
    [(NotReached("InvokeAI is away."), True), (InvokeAIUnavailable("It broke off."), False)],
)
async def test_a_workflow_that_may_be_queued_can_t_be_sent_again(
    trouble: InvokeAIUnavailable, again: bool, database: Database
) -> None:
    place = Place(database, FakeWorkflows())
    draft = await place.filled(image=PHOTO)
    place.atelier.feed.trouble = trouble
    with pytest.raises(InvokeAIUnavailable):
        await place.controls.send(ANN, draft)
    assert place.controls.keeps(draft) is again


async def test_workflows_are_offered_and_none_where_invokeai_is_away(database: Database) -> None:
    place = Place(database, FakeWorkflows())
    assert [each.name for each in await place.controls.suggestions("fox")] == ["Foxes"]
    assert await place.controls.suggestions("away") == []
