"""What a button, a menu or a form means, in the 1 to 100 characters that Discord keeps for it; pure.

job:<action>:<server>:<number>                              a job's button, menu or form
jobs:pick:<server>                                          a menu of jobs; what is picked is a number
jobs:page:<server>:<status or any>:<before or 0>            a page of the list of jobs
queue:<action>:<server>                                     the queue's button
queue:<choice>:<server>:<until>:<user>[:<number>]           an answer to a question

`server` is our own name for an InvokeAI, `number` a job's, `until` seconds since 1970. No foreign text.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.access import Capability
from bot.domain.actions import BY_JOB, CHOICES, JOBS, QUEUE, Choice, JobAction, QueueAction
from bot.domain.jobs import JobStatus


@dataclass(frozen=True, slots=True)
class JobButton:
    action: JobAction
    server: str
    number: int


@dataclass(frozen=True, slots=True)
class JobsMenu:
    """Which job of several; its details are shown."""

    server: str


@dataclass(frozen=True, slots=True)
class JobsPage:
    """Where in the list of jobs: those of `status` (None: all), below `before` (None: from the newest)."""

    server: str
    status: JobStatus | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class QueueButton:
    action: QueueAction
    server: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for something that needs a second look, and until when they may say yes (whole seconds)."""

    user_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class ChoiceButton:
    """`number` stands for exactly the choices of BY_JOB."""

    choice: Choice
    server: str
    asked: Asked
    number: int | None = None


Meaning = JobButton | JobsMenu | JobsPage | QueueButton | ChoiceButton

_SERVER = r"(?P<server>[A-Za-z0-9_-]{1,20})"
_NUMBER = r"(?P<number>[1-9][0-9]{0,18})"
_JOB = re.compile(rf"job:(?P<action>{'|'.join(JobAction)}):{_SERVER}:{_NUMBER}")
_JOBS = re.compile(rf"jobs:pick:{_SERVER}")
_PAGE = re.compile(rf"jobs:page:{_SERVER}:(?P<status>any|{'|'.join(JobStatus)}):(?:0|{_NUMBER})")
_QUEUE = re.compile(rf"queue:(?P<action>{'|'.join(QueueAction)}):{_SERVER}")
_CHOICE = re.compile(
    rf"queue:(?P<choice>{'|'.join(Choice)}):{_SERVER}"
    rf":(?P<until>[1-9][0-9]{{0,10}}):(?P<user>[1-9][0-9]{{0,19}})(?::{_NUMBER})?"
)


def encode(meaning: Meaning) -> str:
    """The custom id. ValueError for what could not be read back, such as a server's name that is too long."""
    match meaning:
        case JobButton(action, server, number):
            custom_id = f"job:{action}:{server}:{number}"
        case JobsMenu(server):
            custom_id = f"jobs:pick:{server}"
        case JobsPage(server, status, before):
            custom_id = f"jobs:page:{server}:{status or 'any'}:{0 if before is None else before}"
        case QueueButton(action, server):
            custom_id = f"queue:{action}:{server}"
        case ChoiceButton(choice, server, asked, number):
            custom_id = f"queue:{choice}:{server}:{int(asked.until.timestamp())}:{asked.user_id}"
            custom_id += "" if number is None else f":{number}"
    if decode(custom_id, {meaning.server}) != meaning:
        raise ValueError(f"{custom_id!r} is no custom id of ours")
    return custom_id


def decode(custom_id: str, servers: Collection[str]) -> Meaning | None:
    """What that button means; None unless `encode` wrote it for one of those servers."""
    matches = (pattern.fullmatch(custom_id) for pattern in (_JOB, _JOBS, _PAGE, _QUEUE, _CHOICE))
    found = next((match for match in matches if match), None)
    if found is None or found["server"] not in servers:
        return None
    if found.re is _JOB:
        return JobButton(JobAction(found["action"]), found["server"], int(found["number"]))
    if found.re is _JOBS:
        return JobsMenu(found["server"])
    if found.re is _PAGE:
        status, before = found["status"], found["number"]
        return JobsPage(
            found["server"], None if status == "any" else JobStatus(status), int(before) if before else None
        )
    if found.re is _QUEUE:
        return QueueButton(QueueAction(found["action"]), found["server"])
    return _choice_of(found)


def _choice_of(found: re.Match[str]) -> ChoiceButton | None:
    choice, number = Choice(found["choice"]), found["number"]
    if (number is not None) != (choice in BY_JOB):
        return None
    asked = Asked(int(found["user"]), datetime.fromtimestamp(int(found["until"]), UTC))
    return ChoiceButton(choice, found["server"], asked, int(number) if number else None)


def picked(value: str) -> int | None:
    """The job's number that was picked in a menu of jobs; None for anything else."""
    return int(value) if re.fullmatch(_NUMBER, value) else None


def needed(meaning: Meaning | None) -> Capability:
    """For what means nothing, or only shows: view."""
    match meaning:
        case JobButton(action):
            return JOBS[action]
        case QueueButton(action):
            return QUEUE[action]
        case ChoiceButton(choice):
            return CHOICES[choice]
        case JobsMenu() | JobsPage() | None:
            return Capability.VIEW
