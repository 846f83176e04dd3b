"""Which InvokeAI `setup` takes, and to whom it gives a password."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.cli.setup import env_file
from bot.cli.setup.answers import Answers
from bot.cli.setup.invokeai_step import InvokeAIStep
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.accounts import Account

EMAIL, PASSWORD = "ann@example.org", "kept-secret"
ACCOUNT = {"INVOKEAI_EMAIL": EMAIL, "INVOKEAI_PASSWORD": PASSWORD}
ACCOUNT_QUESTIONS = ["E-mail of an admin account there", "Its password (it is not shown)"]


class FakeTerminal:
    """Somebody who knows the account and the address."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.asked: list[str] = []

    def say(self, text: str = "") -> None: ...

    def ask(self, question: str, flag: str, *, default: str = "") -> str:
        self.asked.append(question)
        return self._url if flag == "--invokeai-url" else EMAIL

    def secret(self, question: str, flag: str) -> str:
        self.asked.append(question)
        return PASSWORD

    def choose(self, question: str, flag: str, choices: Sequence[str], *, default: int = 1) -> int:
        raise AssertionError(question)

    def confirm(self, question: str, flag: str) -> bool:
        raise AssertionError(question)

    def again(self, trouble: str) -> bool:
        raise AssertionError(trouble)


@pytest.fixture
async def invokeai() -> AsyncIterator[SandboxInvokeAI]:
    server = SandboxInvokeAI(accounts=[Account(EMAIL, PASSWORD, "Ann", is_admin=True)])
    await server.start()
    yield server
    await server.stop()


async def asked(folder: Path, url: str, *, kept: dict[str, str], given: dict[str, str]) -> list[str]:
    """What the person was asked until that InvokeAI, which is the usual one, was taken."""
    path = folder / ".env"
    path.write_text(env_file.merged("", kept))
    terminal, answers = FakeTerminal(url), Answers(path, given)
    await asyncio.to_thread(InvokeAIStep(terminal, answers, usual=[url]).address)
    assert env_file.values(answers.draft) == {"INVOKEAI_URL": url} | ACCOUNT
    return terminal.asked


async def test_an_address_that_merely_answered_is_not_sent_the_kept_password(
    invokeai: SandboxInvokeAI, tmp_path: Path
) -> None:
    assert await asked(tmp_path, invokeai.url, kept=ACCOUNT, given={}) == ACCOUNT_QUESTIONS


async def test_another_address_than_the_kept_one_is_not_sent_the_kept_password(
    invokeai: SandboxInvokeAI, tmp_path: Path
) -> None:
    kept = {"INVOKEAI_URL": "http://127.0.0.1:1"} | ACCOUNT
    assert (
        await asked(tmp_path, invokeai.url, kept=kept, given={"INVOKEAI_URL": invokeai.url})
        == ACCOUNT_QUESTIONS
    )


async def test_the_kept_address_is_sent_the_kept_password(invokeai: SandboxInvokeAI, tmp_path: Path) -> None:
    assert await asked(tmp_path, invokeai.url, kept={"INVOKEAI_URL": invokeai.url} | ACCOUNT, given={}) == []


async def test_a_given_password_is_sent_only_to_an_address_that_the_person_named(
    invokeai: SandboxInvokeAI, tmp_path: Path
) -> None:
    assert await asked(tmp_path, invokeai.url, kept={}, given=ACCOUNT) == ["Where does InvokeAI answer"]
