"""What a button, a menu or a form means, in the characters that Discord keeps for it; pure.

job:<action>:<server>:<number>[:<count>]              a job's button, menu or form
jobs:pick:<server>                                    a menu of jobs; what is picked is a number
jobs:page|find|filter|search:...                      the list of jobs: see `list_ids`
queue:manage:<server>                                 the menu of what else can be done to the queue
queue:<action>:<server>                               the queue's button
answer:<action>:<server>:<until>:<user>[:<number>]    an answer to a question
form:…                                                forms that the bot remembers: see `form_ids`
channel:…, channels:…                                 a channel's settings: see `channel_ids`
workflow:…                                            a workflow that is filled in: see `workflow_ids`
queues:…                                              the queues of all: see `queues_ids`
server:…                                              which InvokeAI is meant: see `server_ids`

`server` is our own name for an InvokeAI, `number` a job's, `until` seconds since 1970. No foreign text, but
for the words that a person looks for, in base64.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.access import Capability
from bot.domain.actions import (
    ANSWERS,
    DETAILS,
    LIST_JOBS,
    NOTIFY,
    REFRESH,
    WORKFLOW,
    Action,
    Component,
    of_component,
)
from bot.render import channel_ids, form_ids, list_ids, queues_ids, server_ids, workflow_ids
from bot.render.channel_ids import ChannelButton, ChannelsPage, OfChannel
from bot.render.form_ids import FilledForm, KeptForm, OfForm
from bot.render.id_parts import NUMBER, SERVER, one_of
from bot.render.list_ids import JobsFilter, JobsPage, JobsSearch
from bot.render.queues_ids import AllQueues, OfQueues, QueuesMenu
from bot.render.server_ids import ServerMenu
from bot.render.workflow_ids import OfWorkflow, WorkflowForm, WorkflowOpen, WorkflowQueue


@dataclass(frozen=True, slots=True)
class JobButton:
    """`count`: how many jobs the button names; exactly where the action is `counted`."""

    action: Action
    server: str
    number: int
    count: int | None = None


@dataclass(frozen=True, slots=True)
class JobsMenu:
    """Which job of several; its details are shown."""

    server: str


@dataclass(frozen=True, slots=True)
class ManageMenu:
    """What else can be done to the queue; what is picked is an action's name."""

    server: str


@dataclass(frozen=True, slots=True)
class QueueButton:
    action: Action
    server: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked whether it is meant, and until when they may say yes (whole seconds)."""

    user_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class AnswerButton:
    """Yes to what the action would do, or KEEP. `number` exactly where the action is `of_job`."""

    action: Action
    server: str
    asked: Asked
    number: int | None = None

    @property
    def job(self) -> int:
        """The number, where the action is `of_job`."""
        if self.number is None:
            raise ValueError(f"{self.action.name} is of no job")
        return self.number


OfServer = JobButton | JobsMenu | JobsPage | JobsFilter | JobsSearch | QueueButton | ManageMenu | AnswerButton
Meaning = OfServer | OfChannel | OfWorkflow | OfForm | OfQueues | ServerMenu


JOB_ACTIONS = of_component(Component.JOB_BUTTON, Component.JOB_MENU, Component.JOB_FORM)
QUEUE_ACTIONS = of_component(Component.QUEUE_BUTTON)


_JOB = re.compile(
    rf"job:(?P<action>{one_of(JOB_ACTIONS)}):{SERVER}:{NUMBER}(?::(?P<count>[1-9][0-9]{{0,9}}))?"
)
_JOBS = re.compile(rf"jobs:pick:{SERVER}")
_MANAGE = re.compile(rf"queue:manage:{SERVER}")
_QUEUE = re.compile(rf"queue:(?P<action>{one_of(QUEUE_ACTIONS)}):{SERVER}")
_ANSWER = re.compile(
    rf"answer:(?P<action>{one_of(ANSWERS)}):{SERVER}"
    rf":(?P<until>[1-9][0-9]{{0,10}}):(?P<user>[1-9][0-9]{{0,19}})(?::{NUMBER})?"
)


def encode(meaning: Meaning) -> str:  # noqa: C901 - a line for each kind of component
    """The custom id. ValueError for what could not be read back, such as a server's name that is too long."""
    match meaning:
        case JobButton(action, server, number, count):
            custom_id = f"job:{action.name}:{server}:{number}{_optional(count)}"
        case JobsMenu(server):
            custom_id = f"jobs:pick:{server}"
        case JobsPage() | JobsFilter() | JobsSearch():
            custom_id = list_ids.written(meaning)
        case ManageMenu(server):
            custom_id = f"queue:manage:{server}"
        case QueueButton(action, server):
            custom_id = f"queue:{action.name}:{server}"
        case AnswerButton(action, server, asked, number):
            until = int(asked.until.timestamp())
            custom_id = f"answer:{action.name}:{server}:{until}:{asked.user_id}{_optional(number)}"
        case KeptForm() | FilledForm():
            custom_id = form_ids.written(meaning)
        case ChannelButton() | ChannelsPage():
            custom_id = channel_ids.written(meaning)
        case WorkflowForm() | WorkflowOpen() | WorkflowQueue():
            custom_id = workflow_ids.written(meaning)
        case AllQueues() | QueuesMenu():
            custom_id = queues_ids.written(meaning)
        case ServerMenu():
            custom_id = server_ids.written(meaning)
    servers = (meaning.server,) if isinstance(meaning, OfServer) else ()
    if decode(custom_id, servers) != meaning:
        raise ValueError(f"{custom_id!r} is no custom id of ours")
    return custom_id


def _optional(number: int | None) -> str:
    return "" if number is None else f":{number}"


def decode(custom_id: str, servers: Collection[str]) -> Meaning | None:
    """What that button means; None unless `encode` wrote it for one of those servers."""
    form = form_ids.read(custom_id) or workflow_ids.read(custom_id)
    apart = form or channel_ids.read(custom_id) or server_ids.read(custom_id)
    apart = apart or queues_ids.read(custom_id)
    return apart or _of_server(custom_id, servers)


def _of_server(custom_id: str, servers: Collection[str]) -> OfServer | None:
    matches = ((pattern.fullmatch(custom_id), read) for pattern, read in _READERS)
    found, read = next(((match, read) for match, read in matches if match), (None, None))
    if found is None or read is None or found["server"] not in servers:
        return None
    return read(found)


def _job_of(found: re.Match[str]) -> JobButton | None:
    action, count = JOB_ACTIONS[found["action"]], found["count"]
    if (count is not None) != action.counted:
        return None
    return JobButton(action, found["server"], int(found["number"]), int(count) if count else None)


def _answer_of(found: re.Match[str]) -> AnswerButton | None:
    action, number = ANSWERS[found["action"]], found["number"]
    if (number is not None) != action.of_job:
        return None
    asked = Asked(int(found["user"]), datetime.fromtimestamp(int(found["until"]), UTC))
    return AnswerButton(action, found["server"], asked, int(number) if number else None)


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], OfServer | None]], ...] = (
    (_JOB, _job_of),
    (_JOBS, lambda found: JobsMenu(found["server"])),
    *list_ids.READERS,
    (_MANAGE, lambda found: ManageMenu(found["server"])),
    (_QUEUE, lambda found: QueueButton(QUEUE_ACTIONS[found["action"]], found["server"])),
    (_ANSWER, _answer_of),
)


def picked(value: str) -> int | None:
    """The job's number that was picked in a menu of jobs; None for anything else."""
    return int(value) if re.fullmatch(NUMBER, value) else None


def needed(meaning: Meaning | None) -> Capability:  # noqa: PLR0911 - a line for each kind of component
    """For what means nothing: view. A form is looked at again when it opens and when it comes back, and a
    command when it runs.
    """
    match meaning:
        case (
            JobButton(action)
            | QueueButton(action)
            | AnswerButton(action)
            | ChannelButton(action)
            | FilledForm(action)
        ):
            return action.capability
        case JobsMenu():
            return DETAILS.capability
        case JobsPage() | JobsFilter() | JobsSearch():
            return LIST_JOBS.capability
        case ManageMenu():
            return Capability.OPERATE
        case AllQueues() | QueuesMenu():
            return REFRESH.capability
        case ChannelsPage():
            return NOTIFY.capability
        case WorkflowForm() | WorkflowOpen() | WorkflowQueue():
            return WORKFLOW.capability
        case KeptForm() | ServerMenu() | None:
            return Capability.VIEW
