"""A job's files, as InvokeAI keeps them."""

import json

import pytest
from fakes import FakeQueue, job
from pydantic import SecretStr

from bot import own_secrets
from bot.controls.documents import Documents
from bot.domain.jobs import Job, JobDocuments, JobStatus
from bot.errors import RequestRefused


class Keeps(FakeQueue):
    def __init__(self, found: JobDocuments) -> None:
        super().__init__()
        self.found = found

    async def documents(self, job: Job) -> JobDocuments:
        return self.found


async def files(found: JobDocuments) -> dict[str, object]:
    kept = await Documents(Keeps(found)).files(job(1, JobStatus.COMPLETED))
    return {one.name: json.loads(one.data) for one in kept}


async def test_each_document_is_a_file_and_a_workflow_kept_as_text_is_read() -> None:
    found = JobDocuments({"item_id": 1, "prompt": "röt"}, {"seed": 7}, '{"nodes": []}')
    assert await files(found) == {
        "job": {"item_id": 1, "prompt": "röt"},
        "metadata": {"seed": 7},
        "workflow": {"nodes": []},
    }


async def test_what_is_not_there_makes_no_file_and_what_is_no_json_stays_as_it_is() -> None:
    assert await files(JobDocuments({"item_id": 1}, None, "{odd")) == {
        "job": {"item_id": 1},
        "workflow": "{odd",
    }


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_secrets, "_forms", [])
    own_secrets.register(SecretStr("hunter2hunter2"))


@pytest.mark.usefixtures("registered")
async def test_our_own_secrets_leave_in_no_file() -> None:
    told = await files(JobDocuments({"note": "it is hunter2hunter2"}, None, None))
    assert told == {"job": {"note": "it is ***"}}


async def test_of_somebody_else_s_job_nothing_is_asked() -> None:
    queue = FakeQueue()
    with pytest.raises(RequestRefused, match="someone else's job"):
        await Documents(queue).files(job(1, JobStatus.COMPLETED, hidden=True))
    assert queue.asked == []
