"""`setup` as a person answers it at a terminal, and as a script does by flags."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from house import Studio
from pty_process import PtyProcess
from test_check_and_demo import NOWHERE, run, run_afresh

from sandbox.discord import SandboxDiscord
from sandbox.invokeai import SandboxInvokeAI

TOKEN_QUESTION = "Paste the token (it is not shown): "


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxInvokeAI]:
    server = SandboxInvokeAI()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def screen() -> AsyncIterator[PtyProcess]:
    process = PtyProcess()
    yield process
    await process.stop()


def place(studio: Studio, folder: Path) -> dict[str, str]:
    return {
        "DISCORD_API_URL": studio.discord.api_url,
        "BOT_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'bot.sqlite3'}",
    }


def flags(studio: Studio, sandbox: SandboxInvokeAI) -> dict[str, str]:
    return {
        "--token": studio.discord.token,
        "--channel": str(studio.channel.id),
        "--invokeai-url": sandbox.url,
        "--operator-roles": "",
        "--admin-roles": "",
    }


def listed(given: dict[str, str]) -> list[str]:
    return [part for pair in given.items() for part in pair]


async def test_a_person_is_led_from_the_token_to_a_bot_that_is_checked(
    studio: Studio, sandbox: SandboxInvokeAI, screen: PtyProcess, tmp_path: Path
) -> None:
    await screen.start(tmp_path, "setup", **place(studio, tmp_path))
    await screen.sees("https://discord.com/developers/applications")
    await screen.answers(TOKEN_QUESTION, "")
    await screen.sees("Nothing was pasted.")
    await screen.answers(TOKEN_QUESTION, "not-a-token")
    await screen.sees("✗ Discord does not take this token")
    await screen.answers(TOKEN_QUESTION, studio.discord.token)
    await screen.sees("✓ This is ")
    await screen.sees("Studio")
    await screen.answers("Which server?", "1")
    await screen.sees("#renders")
    await screen.sees("4 · InvokeAI")
    await screen.answers("Where does InvokeAI answer", "")
    await screen.sees("Type its address, such as http://127.0.0.1:9090.")
    await screen.answers("Where does InvokeAI answer", "127.0.0.1:1")
    await screen.sees("✗ InvokeAI does not answer. Is it running? (http://127.0.0.1:1)")
    await screen.answers("Where does InvokeAI answer", sandbox.url)
    await screen.sees("✓ InvokeAI 6.14.2")
    await screen.answers("Is there another InvokeAI?", "n")
    await screen.answers("Who may cancel, pause and retry?", "9")
    await screen.sees("Type a number from 1 to")
    await screen.answers("Who may cancel, pause and retry?", "3")
    await screen.answers("Who may clear, prune and choose channels?", "")
    await screen.answers("Write .env?", "y")
    await screen.sees("Everything is in place.")
    assert await screen.ended() == 0
    file = tmp_path / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert f"DISCORD_TOKEN={studio.discord.token}" in text
    assert f"DISCORD_CHANNEL_ID={studio.channel.id}" in text
    assert f"INVOKEAI_URL={sandbox.url}" in text
    assert "BOT_OPERATOR_ROLES=" in text
    assert "BOT_ADMIN_ROLES" not in text
    assert studio.discord.token not in screen.screen
    assert not (tmp_path / ".env.draft").exists()


async def test_an_interrupted_setup_is_taken_up_again(
    studio: Studio, sandbox: SandboxInvokeAI, screen: PtyProcess, tmp_path: Path
) -> None:
    await screen.start(tmp_path, "setup", **place(studio, tmp_path))
    await screen.answers(TOKEN_QUESTION, studio.discord.token)
    await screen.sees("Which server?")
    assert await screen.interrupt() != 0
    draft = tmp_path / ".env.draft"
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert not (tmp_path / ".env").exists()
    again = PtyProcess()
    given = {name: value for name, value in flags(studio, sandbox).items() if name != "--token"}
    await again.start(tmp_path, "setup", "--yes", *listed(given), **place(studio, tmp_path))
    await again.sees("Taking up the setup that was interrupted")
    await again.sees("Everything is in place.")
    assert TOKEN_QUESTION not in again.screen
    assert await again.ended() == 0
    assert not draft.exists()


async def test_while_discord_is_away_setup_offers_to_try_again(
    studio: Studio, screen: PtyProcess, tmp_path: Path
) -> None:
    await studio.discord.away()
    await screen.start(tmp_path, "setup", **place(studio, tmp_path))
    await screen.answers(TOKEN_QUESTION, studio.discord.token)
    await screen.sees("✗ Discord can't be reached: no connection. Check this machine's network.")
    await studio.discord.back()
    await screen.answers("Try again?", "y")
    await screen.sees("✓ This is ")
    assert "Traceback" not in screen.screen
    assert await screen.interrupt() != 0


async def test_a_script_that_sets_up_without_a_network_ends_with_one_sentence(tmp_path: Path) -> None:
    code, said = await run_afresh(tmp_path, "setup", "--yes", "--token", "x", DISCORD_API_URL=NOWHERE)
    assert code == 1
    assert said.splitlines()[-1] == (
        "Discord can't be reached: this machine can't look up its address. Check this machine's network."
    )
    assert "Traceback" not in said
    assert "Unclosed" not in said
    assert "PyNaCl" not in said


async def test_without_a_guild_the_invite_link_is_shown_and_the_bot_is_waited_for(
    sandbox: SandboxInvokeAI, screen: PtyProcess, tmp_path: Path
) -> None:
    discord = SandboxDiscord()
    await discord.start()
    try:
        await screen.start(tmp_path, "setup", "--yes", DISCORD_API_URL=discord.api_url)
        await screen.answers(TOKEN_QUESTION, discord.token)
        await screen.sees("oauth2/authorize?client_id=")
        await screen.sees("permissions=117760")
        await screen.sees("Waiting until the bot is there")
        guild = discord.add_guild("New home")
        guild.add_text_channel("pictures")
        await screen.sees("✓ New home")
        await screen.sees("✓ #pictures")
        assert await screen.interrupt() != 0
    finally:
        await discord.stop()


async def test_a_channel_without_the_permissions_is_asked_for_again(
    studio: Studio, screen: PtyProcess, tmp_path: Path
) -> None:
    other = studio.guild.add_text_channel("open")
    studio.guild.deny(studio.channel, studio.guild.bot_role, 1 << 15)
    await screen.start(tmp_path, "setup", **place(studio, tmp_path))
    await screen.answers(TOKEN_QUESTION, studio.discord.token)
    await screen.answers("Which server?", "1")
    await screen.sees("#renders  (lacks Attach Files)")
    await screen.answers("Which channel?", "1")
    await screen.sees("✗ In #renders the bot lacks Attach Files.")
    await screen.answers("Which channel?", "2")
    await screen.sees(f"✓ #{other.name}")
    assert await screen.interrupt() != 0


async def test_an_existing_file_is_shown_as_a_diff_and_keeps_what_it_says_besides(
    studio: Studio, sandbox: SandboxInvokeAI, screen: PtyProcess, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nBOT_LOG_LEVEL=DEBUG\nDISCORD_TOKEN=old-secret\nINVOKEAI_URL=http://old:9090\n")
    await screen.start(tmp_path, "setup", *listed(flags(studio, sandbox)), **place(studio, tmp_path))
    await screen.sees("-INVOKEAI_URL=http://old:9090")
    await screen.sees(f"+INVOKEAI_URL={sandbox.url}")
    await screen.answers("Write .env?", "n")
    await screen.sees("Nothing is written, and the answers are forgotten.")
    assert await screen.ended() == 1
    assert "old-secret" not in screen.screen
    assert "http://old:9090" in file.read_text()
    assert not (tmp_path / ".env.draft").exists()
    code, said = await run(
        tmp_path, "setup", "--yes", *listed(flags(studio, sandbox)), **place(studio, tmp_path)
    )
    assert code == 0, said
    assert file.read_text().startswith("# mine\nBOT_LOG_LEVEL=DEBUG\nDISCORD_TOKEN=")
    assert "old" not in file.read_text()


async def test_a_script_without_a_terminal_is_told_which_flag_is_missing(
    studio: Studio, sandbox: SandboxInvokeAI, tmp_path: Path
) -> None:
    given = flags(studio, sandbox)
    del given["--operator-roles"]
    code, said = await run(tmp_path, "setup", "--yes", *listed(given), **place(studio, tmp_path))
    assert code == 2
    assert said.splitlines()[-1] == "Not an interactive terminal. Pass --operator-roles."


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"--token": "wrong"}, "Discord does not take this token"),
        ({"--channel": "12345"}, "Correct --channel"),
        ({"--invokeai-url": "http://127.0.0.1:1"}, "does not answer"),
    ],
)
async def test_a_wrong_flag_ends_the_setup_with_its_sentence(
    wrong: dict[str, str], words: str, studio: Studio, sandbox: SandboxInvokeAI, tmp_path: Path
) -> None:
    given = flags(studio, sandbox) | wrong
    code, said = await run(tmp_path, "setup", "--yes", *listed(given), **place(studio, tmp_path))
    assert code != 0
    assert words in said.splitlines()[-1]
    assert not (tmp_path / ".env").exists()


async def test_secrets_can_come_on_standard_input_instead_of_the_command_line(
    studio: Studio, sandbox: SandboxInvokeAI, tmp_path: Path
) -> None:
    given = listed(flags(studio, sandbox) | {"--token": "-"})
    asked = place(studio, tmp_path)
    code, said = await run(tmp_path, "setup", "--yes", *given, typed=f"{studio.discord.token}\n", **asked)
    assert code == 0, said
    assert f"DISCORD_TOKEN={studio.discord.token}" in (tmp_path / ".env").read_text()
    code, said = await run(tmp_path, "setup", "--yes", *given, **asked)
    assert code == 2
    assert said.splitlines()[-1] == "--token - reads a line from standard input, and none came."


async def test_another_file_can_be_written(studio: Studio, sandbox: SandboxInvokeAI, tmp_path: Path) -> None:
    given = [*listed(flags(studio, sandbox)), "--file", "etc.env"]
    code, said = await run(tmp_path, "setup", "--yes", *given, **place(studio, tmp_path))
    assert code == 0, said
    assert f"INVOKEAI_URL={sandbox.url}" in (tmp_path / "etc.env").read_text()
    assert not (tmp_path / ".env").exists()
