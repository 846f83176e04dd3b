"""`check` with several InvokeAIs: each is named, with the setting that is its own."""

from pathlib import Path

import pytest

from bot import settings
from bot.cli.check import report
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.accounts import Account


async def test_check_names_each_server_and_the_setting_that_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio, attic = (
        SandboxInvokeAI(),
        SandboxInvokeAI(accounts=[Account("a@b.c", "right", "Ann", is_admin=True)]),
    )
    await studio.start()
    await attic.start()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}")
    toml = (
        f'[servers.studio]\nurl = "{studio.url}"\n[servers.attic]\nurl = "{attic.url}"\n'
        '[servers.cellar]\nurl = "http://127.0.0.1:1"\n'
    )
    (tmp_path / "invokeai-discord.toml").write_text(toml, encoding="utf-8")
    said: list[str] = []
    assert not await report(settings.load(), said.append, socket_timeout=2.0)
    await studio.stop()
    await attic.stop()
    whole = "\n".join(said)
    assert f"✓ InvokeAI (studio): 6.14.2 at {studio.url}" in whole
    assert "✓ InvokeAI socket (studio): connected" in whole
    assert "✗ InvokeAI (attic): InvokeAI wants an account" in whole
    assert "→ Set email and password of [servers.attic]." in whole
    assert "✗ InvokeAI (cellar): InvokeAI does not answer. Is it running? (http://127.0.0.1:1)" in whole
    assert "→ Start InvokeAI, or correct url of [servers.cellar]." in whole
