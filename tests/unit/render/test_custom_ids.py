from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import actions
from bot.domain.access import Capability
from bot.domain.actions import ANSWERS
from bot.domain.job_list import MAX_SEARCH_BYTES, board_key, searchable
from bot.domain.jobs import JobStatus
from bot.render.channel_ids import ACTIONS as CHANNEL_ACTIONS
from bot.render.channel_ids import ChannelButton, ChannelsPage, OfChannel
from bot.render.custom_ids import (
    JOB_ACTIONS,
    QUEUE_ACTIONS,
    AnswerButton,
    Asked,
    JobButton,
    JobsMenu,
    ManageMenu,
    OfServer,
    QueueButton,
    decode,
    encode,
    needed,
    picked,
)
from bot.render.form_ids import FORM_ACTIONS, FilledForm, KeptForm, OfForm
from bot.render.list_ids import JobsFilter, JobsPage, JobsSearch
from bot.render.queues_ids import AllQueues, QueuesMenu
from bot.render.server_ids import ServerMenu
from bot.render.workflow_ids import OfWorkflow, WorkflowForm, WorkflowOpen, WorkflowQueue

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
servers = st.text(ALPHABET, min_size=1, max_size=20)
numbers = st.integers(1, 2**63 - 1)
moments = st.integers(1, 99_999_999_999).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
askers = st.builds(Asked, st.integers(1, 2**64 - 1), moments)
job_buttons = st.sampled_from(list(JOB_ACTIONS.values())).flatmap(
    lambda action: st.builds(
        JobButton,
        st.just(action),
        servers,
        numbers,
        st.integers(1, 10**10 - 1) if action.counted else st.none(),
    )
)
answers = st.sampled_from(list(ANSWERS.values())).flatmap(
    lambda action: st.builds(
        AnswerButton, st.just(action), servers, askers, numbers if action.of_job else st.none()
    )
)
states = st.none() | st.sampled_from(JobStatus)
boards = st.none() | st.text(max_size=40).map(board_key)
words = st.text(max_size=60).map(searchable)
meanings: st.SearchStrategy[OfServer] = st.one_of(
    job_buttons,
    st.builds(JobsMenu, servers),
    st.builds(JobsPage, servers, states, st.none() | numbers),
    st.builds(JobsPage, servers, states, st.none() | numbers, boards, words, st.booleans()),
    st.builds(JobsFilter, servers, boards, words, st.booleans()),
    st.builds(JobsSearch, servers, states, st.booleans()),
    st.builds(ManageMenu, servers),
    st.builds(QueueButton, st.sampled_from(list(QUEUE_ACTIONS.values())), servers),
    answers,
)


@pytest.mark.parametrize("meaning", [AllQueues(), QueuesMenu()])
def test_what_concerns_all_queues_is_read_back_whatever_servers_there_are(
    meaning: AllQueues | QueuesMenu,
) -> None:
    assert decode(encode(meaning), ()) == meaning
    assert needed(meaning) is Capability.VIEW


@given(meanings)
def test_what_was_written_is_read_back_and_fits(meaning: OfServer) -> None:
    custom_id = encode(meaning)
    assert len(custom_id) <= 100
    assert custom_id.isascii()
    assert decode(custom_id, {meaning.server}) == meaning


@given(meanings, st.sets(servers))
def test_another_servers_button_means_nothing(meaning: OfServer, others: set[str]) -> None:
    assert decode(encode(meaning), others - {meaning.server}) is None


@given(meanings, st.data())
def test_a_changed_id_means_nothing_or_exactly_what_it_says(meaning: OfServer, data: st.DataObject) -> None:
    custom_id = encode(meaning)
    place = data.draw(st.integers(0, len(custom_id)))
    end = data.draw(st.integers(place, len(custom_id)))
    forged = custom_id[:place] + data.draw(st.text(max_size=4) | st.sampled_from("0:-٣²")) + custom_id[end:]
    found = decode(forged, {meaning.server})
    assert found is None or encode(found) == forged


form_ids = st.integers(1, 2**64 - 1)
forms = st.builds(KeptForm, form_ids) | st.builds(
    FilledForm, st.sampled_from(list(FORM_ACTIONS.values())), form_ids
)


@given(forms)
def test_a_form_is_read_back_whichever_servers_there_are(form: OfForm) -> None:
    custom_id = encode(form)
    assert len(custom_id) <= 100
    assert decode(custom_id, set()) == decode(custom_id, {"invokeai"}) == form
    assert needed(form) is (form.action.capability if isinstance(form, FilledForm) else Capability.VIEW)


@given(st.builds(ServerMenu, form_ids, st.integers(0, 99)))
def test_a_menu_of_servers_is_read_back_and_asks_for_nothing_that_the_command_does_not(
    menu: ServerMenu,
) -> None:
    custom_id = encode(menu)
    assert len(custom_id) <= 100
    assert decode(custom_id, set()) == menu
    assert needed(menu) is Capability.VIEW


channels = st.one_of(
    st.builds(ChannelButton, st.sampled_from(list(CHANNEL_ACTIONS.values())), st.integers(1, 2**64 - 1)),
    st.builds(ChannelsPage, st.integers(1, 9_999)),
)


@given(channels)
def test_a_channel_s_button_is_read_back_and_needs_an_admin(meaning: OfChannel) -> None:
    custom_id = encode(meaning)
    assert len(custom_id) <= 100
    assert decode(custom_id, set()) == decode(custom_id, {"invokeai"}) == meaning
    assert needed(meaning) is Capability.ADMIN


drafts, form_pages = st.integers(1, 2**64 - 1), st.integers(0, 999)


@given(
    st.builds(WorkflowForm, drafts, form_pages)
    | st.builds(WorkflowOpen, drafts, form_pages)
    | st.builds(WorkflowQueue, drafts)
)
def test_a_workflow_s_button_is_read_back_and_needs_a_creator(meaning: OfWorkflow) -> None:
    custom_id = encode(meaning)
    assert len(custom_id) <= 100
    assert decode(custom_id, set()) == decode(custom_id, {"invokeai"}) == meaning
    assert needed(meaning) is Capability.CREATE


@given(st.text(max_size=120))
def test_foreign_ids_mean_nothing(custom_id: str) -> None:
    assert decode(custom_id, {"invokeai"}) is None


@pytest.mark.parametrize(
    "custom_id",
    [
        "",
        "channel:channel-show:0",
        "channel:channel-show",
        "channel:channel-erase:7",
        "channel:cancel:7",
        "channel:channel-show:7:7",
        "channels:page:0",
        "channels:page:10000",
        "channels:page",
        "form:again:0",
        "form:cancel:7",
        "form:use-as-input:0",
        "form:again:٣",
        "form:again",
        "form:again:7:7",
        "job:cancel:invokeai:0",
        "job:cancel:invokeai:01",
        "job:cancel:invokeai:٣",
        "job:cancel:invokeai:12\n",
        "job:erase:invokeai:12",
        "job:again44:invokeai:12",
        "jobs:pick:invokeai:12",
        "jobs:again:invokeai",
        "jobs:page:invokeai",
        "jobs:page:invokeai:any",
        "jobs:page:invokeai:any:",
        "jobs:page:invokeai:any:00",
        "jobs:page:invokeai:any:-1",
        "jobs:page:invokeai:any:08",
        "jobs:page:invokeai:any:٣",
        "jobs:page:invokeai:any:8:1",
        "jobs:page:invokeai:gone:8",
        "jobs:page:invokeai::8",
        "jobs:page:other:any:8",
        "jobs:page:invokeai:any:99999999999999999999",
        "jobs:find:invokeai:a:0:-:",
        "jobs:find:invokeai:a:00:-:Zm94",
        "jobs:find:invokeai:z:0:-:Zm94",
        "jobs:find:invokeai:a:0:-:Zm9",
        "jobs:find:invokeai:a:0:-:_w",
        "jobs:find:invokeai:a:0:-:IGZveA",
        "jobs:find:invokeai:a:0:0123456g:Zm94",
        "jobs:find:other:a:0:-:Zm94",
        "jobs:filter:invokeai",
        "jobs:search:invokeai:any",
        "queue:manage:other",
        "answer:delete:invokeai:1795507200:7",
        "answer:retry:invokeai:1795507200:7:812",
        "job:cancel:invokeai:12:34",
        "queue:refresh:invokeai:1",
        "queue:refresh:other",
        "queue:clear:invokeai",
        "queue:cancel:invokeai",
        "job:pause:invokeai:12",
        "job:clear:invokeai:12",
        "job:retry-alike:invokeai:12",
        "job:retry-alike:invokeai:12:0",
        "job:retry:invokeai:12:2",
        "answer:clear:invokeai",
        "answer:clear:invokeai:1795507200:7:812",
        "answer:cancel-batch:invokeai:1795507200:7",
        "answer:clear:invokeai:999999999999:7",
        "workflow:form:7",
        "workflow:form:0:0",
        "workflow:form:7:00",
        "workflow:open:7:٣",
        "workflow:queue:7:0",
        "workflow:queue:0",
    ],
)
def test_ids_that_nobody_wrote_mean_nothing(custom_id: str) -> None:
    assert decode(custom_id, {"invokeai"}) is None


@pytest.mark.parametrize(
    "meaning",
    [
        QueueButton(actions.REFRESH, "a server's own name"),
        QueueButton(actions.REFRESH, "x" * 21),
        JobButton(actions.CANCEL, "invokeai", 0),
        JobButton(actions.CANCEL, "invokeai", 812, 2),
        JobButton(actions.RETRY_ALIKE, "invokeai", 812),
        JobButton(actions.PAUSE, "invokeai", 812),
        FilledForm(actions.PAUSE, 7),
        QueueButton(actions.CANCEL, "invokeai"),
        AnswerButton(actions.RETRY, "invokeai", Asked(7, datetime(2026, 11, 24, tzinfo=UTC)), 812),
        JobsPage("invokeai", None, 0),
        JobsPage("invokeai", None, -8),
        AnswerButton(actions.CANCEL_BATCH, "invokeai", Asked(7, datetime(2026, 11, 24, tzinfo=UTC))),
    ],
)
def test_what_could_not_be_read_back_is_not_written(meaning: OfServer) -> None:
    with pytest.raises(ValueError, match="no custom id"):
        encode(meaning)


def test_a_jobs_button_is_written_as_scripts_know_it() -> None:
    assert encode(JobButton(actions.CANCEL, "invokeai", 812)) == "job:cancel:invokeai:812"


def test_one_s_own_jobs_are_kept_by_every_part_of_the_list_without_a_name() -> None:
    assert encode(JobsPage("invokeai", JobStatus.FAILED, 812, mine=True)) == "jobs:find:invokeai:F:32c:-:"
    assert encode(JobsFilter("invokeai", mine=True)) == "jobs:mine:invokeai:-:"
    assert encode(JobsSearch("invokeai", mine=True)) == "jobs:search:invokeai:A"


def test_the_longest_search_of_one_s_own_jobs_fits() -> None:
    longest = JobsPage(
        "x" * 20, JobStatus.FAILED, 2**63 - 1, board_key("b"), "w" * MAX_SEARCH_BYTES, mine=True
    )
    assert len(encode(longest)) <= 100


def test_a_page_of_the_jobs_is_written_with_its_status_and_where_it_starts() -> None:
    assert encode(JobsPage("invokeai")) == "jobs:page:invokeai:any:0"
    assert encode(JobsPage("invokeai", JobStatus.FAILED, 812)) == "jobs:page:invokeai:failed:812"


@pytest.mark.parametrize("value", ["", "0", "01", "12 ", "-1", "٣", "job:delete:invokeai:12", "9" * 20])
def test_only_a_number_can_be_picked(value: str) -> None:
    assert picked(value) is None
    assert picked("812") == 812
