"""Which InvokeAI `setup` takes, and to whom it gives a password."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.cli.setup import env_file
from bot.cli.setup.answers import Answers
from bot.cli.setup.invokeai_step import InvokeAIStep
from bot.errors import InvokeAIError, SettingWrong
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

    def more(self, question: str) -> bool:
        assert question == "Is there another InvokeAI?"
        return False


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
    await asyncio.to_thread(InvokeAIStep(terminal, answers, usual=[url]).addresses)
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


class Owner(FakeTerminal):
    """Of several: says each line in turn."""

    def __init__(self, *lines: str) -> None:
        super().__init__("")
        self.lines = list(lines)
        self.heard: list[str] = []

    def say(self, text: str = "") -> None:
        self.heard.append(text)

    def ask(self, question: str, flag: str, *, default: str = "") -> str:
        self.asked.append(question)
        return self.lines.pop(0)

    def more(self, question: str) -> bool:
        return bool(self.lines)


async def step(folder: Path, terminal: Owner, usual: str, **given: str) -> dict[str, str]:
    """What would be in the file then."""
    answers = Answers(folder / ".env", given)
    await asyncio.to_thread(InvokeAIStep(terminal, answers, usual=[usual]).addresses)
    _, text = answers.change()
    answers.write(text)
    answers.drop_draft()
    return env_file.values(folder / ".env")


async def test_several_are_tried_named_and_written_as_one_list(tmp_path: Path) -> None:
    one, other = SandboxInvokeAI(), SandboxInvokeAI()
    shared = SandboxInvokeAI(accounts=[Account(EMAIL, PASSWORD, "Ann", is_admin=True)])
    for server in (one, other, shared):
        await server.start()
    owner = Owner(
        *("Studio", "studio", "http://127.0.0.1:1"),
        *(one.url, shared.url),
        *(other.url, "studio", "attic"),
    )
    written = await step(tmp_path, owner, one.url)
    assert written == {"INVOKEAI_SERVERS": f"studio={one.url}, attic={other.url}"}
    assert "  Give 1 to 20 of a-z, 0-9 and -, and no name twice." in owner.heard
    assert f"✗ {one.url} is there already." in owner.heard
    assert any("goes into invokeai-discord.toml" in line for line in owner.heard)
    again = Owner()
    assert await step(tmp_path, again, "http://127.0.0.1:1") == written
    assert f"✓ attic: InvokeAI 6.14.2 at {other.url}" in again.heard
    for server in (one, other, shared):
        await server.stop()


async def test_a_flag_that_names_one_takes_the_place_of_several(tmp_path: Path) -> None:
    one = SandboxInvokeAI()
    await one.start()
    (tmp_path / ".env").write_text("INVOKEAI_SERVERS=a=http://a, b=http://b\n", encoding="utf-8")
    assert await step(tmp_path, Owner(), "", INVOKEAI_URL=one.url) == {"INVOKEAI_URL": one.url}
    await one.stop()


async def test_a_list_in_a_flag_is_checked_and_tried(tmp_path: Path) -> None:
    with pytest.raises(SettingWrong, match=r"--invokeai-servers is wrong\. Give a name and an address"):
        await step(tmp_path, Owner(), "", INVOKEAI_SERVERS="http://a")
    with pytest.raises(InvokeAIError):
        await step(tmp_path, Owner(), "", INVOKEAI_SERVERS="a=http://127.0.0.1:1")


async def test_where_the_toml_file_has_a_table_for_each_nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    toml = '[servers.studio]\nurl = "http://a"\n[servers.attic]\nurl = "http://b"\n'
    (tmp_path / "invokeai-discord.toml").write_text(toml, encoding="utf-8")
    owner = Owner()
    assert await step(tmp_path, owner, "http://127.0.0.1:1") == {}
    assert "✓ invokeai-discord.toml names studio, attic; check tries each.\n" in owner.heard
