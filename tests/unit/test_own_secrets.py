"""Our own secrets, planted in every shape that programs write them in, leave by no door."""

import html
import json
import logging
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from render_examples import job

from bot import own_secrets
from bot.__main__ import _say, main  # pyright: ignore[reportPrivateUsage] - all commands print by it
from bot.cli.setup.answers import Answers
from bot.cli.setup.terminal import Console
from bot.discord.components import embed_of, file_of, modal_of, rows_of, view_of
from bot.own_secrets import MIN_LENGTH, hide, register
from bot.render.albums import file_name
from bot.render.message import (
    ActionRow,
    Attachment,
    Button,
    Colour,
    Embed,
    Field,
    File,
    Input,
    MediaGallery,
    MediaItem,
    Menu,
    MenuOption,
    Modal,
    Panel,
    Text,
)
from bot.render.scrub import scrub
from bot.render.text import line, slug
from bot.settings import Settings
from bot.telemetry import logs

PLAIN = "q7Zt9Lw2Xc4Vb6Nm8"
ODD = "pä \"ss\\w/ö+r=d%&<'>"
"""Each of its characters is written differently by some program."""


def shapes(secret: str) -> list[str]:
    data = secret.encode()
    return [
        *(secret, repr(secret), html.escape(secret), json.dumps(secret), json.dumps(repr(secret))),
        *(json.dumps(secret, ensure_ascii=False), json.dumps({"a": json.dumps(secret)})),
        *(quote(secret), quote(secret, safe=""), quote_plus(secret)),
        *(b64encode(data).decode(), urlsafe_b64encode(data).decode()),
    ]


@pytest.fixture(autouse=True)
def nothing_registered() -> Iterator[None]:
    before = own_secrets._forms[:]  # pyright: ignore[reportPrivateUsage] - it has no other face
    own_secrets._forms.clear()  # pyright: ignore[reportPrivateUsage]
    yield
    own_secrets._forms[:] = before  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("secret", [PLAIN, ODD])
def test_a_secret_is_hidden_however_it_is_written(secret: str) -> None:
    register(SecretStr(secret))
    for form in shapes(secret):
        shown = hide(f"before{form}after")
        assert "***" in shown
        assert form.strip("\"'=") not in shown
        assert shown.startswith("before")
        assert shown.endswith("after")


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), min_size=MIN_LENGTH, max_size=40))
def test_any_secret_is_hidden_amid_a_text_and_in_its_log_line(secret: str) -> None:
    register(SecretStr(secret))
    told = f"<{secret}> {json.dumps(secret)} {secret!r} {quote(secret, safe='')}"
    assert hide(told).count("***") >= 4


@pytest.mark.parametrize("name", ["", "m", "me", "bot", "a longer name"])
def test_a_password_in_a_basic_login_is_hidden_whatever_name_stands_before_it(name: str) -> None:
    register(SecretStr(PLAIN))
    login = b64encode(f"{name}:{PLAIN}".encode()).decode()
    shown = hide(f"Authorization: Basic {login}")
    assert shown != f"Authorization: Basic {login}"
    assert PLAIN[2:-2] not in shown
    kept = shown.removeprefix("Authorization: Basic ").replace("***", "").rstrip("=")
    assert len(kept) <= len(b64encode(f"{name}:".encode()).decode()) + 2


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        (f"Bearer {PLAIN}", PLAIN),
        (f"Basic {b64encode(f'me:{PLAIN}'.encode()).decode()}", PLAIN),
        (f"sid={PLAIN}; theme=dark-mode", PLAIN),
        ("Basic no-base64-at-all", "no-base64-at-all"),
    ],
)
def test_of_a_header_the_part_that_is_the_secret_is_hidden_by_itself(header: str, secret: str) -> None:
    register({"X": SecretStr(header)})
    assert secret not in hide(f"a {secret} b")


@pytest.mark.parametrize(
    ("address", "passwords"),
    [
        (f"postgresql+asyncpg://bot:{PLAIN}@db/bot", [PLAIN]),
        ("http://me:p%40ss%2Fword@box:9090", ["p%40ss%2Fword", "p@ss/word"]),
        ("postgresql+asyncpg://bot:p/w@ord#1@db/bot", ["p/w@ord#1"]),
        (f"http://:{PLAIN}@box", [PLAIN]),
    ],
)
def test_a_password_in_an_address_is_hidden_and_the_rest_of_the_address_stays(
    address: str, passwords: list[str]
) -> None:
    register(address)
    for password in passwords:
        assert password not in hide(f"it was {password} there")
    assert hide("bot me db box 9090") == "bot me db box 9090"


def test_all_settings_that_hold_a_secret_are_known_at_once() -> None:
    secrets = [f"{PLAIN}{number}" for number in range(6)]
    token, password, header, proxy, database, public = secrets
    register(
        Settings(
            discord_token=SecretStr(token),
            invokeai_password=SecretStr(password),
            invokeai_headers={"X-Key": SecretStr(header)},
            invokeai_url=f"http://me:{proxy}@box",
            invokeai_public_url=f"http://me:{public}@box",
            bot_database_url=f"postgresql+asyncpg://bot:{database}@db/bot",
        )
    )
    for secret in secrets:
        assert secret not in hide(f"-{secret}-")


def test_a_secret_that_is_shorter_than_any_word_blots_out_no_word() -> None:
    register(SecretStr("admin"[: MIN_LENGTH - 1]), "http://me:pw@box")
    assert hide("the admin's pw") == "the admin's pw"


def test_what_is_rendered_of_foreign_text_holds_none_of_our_secrets() -> None:
    register(SecretStr(PLAIN), SecretStr(ODD))
    prompt = f"a fox {PLAIN} and {ODD}"
    for shown in (
        scrub(prompt),
        line(prompt, 500),
        slug(prompt, 90),
        file_name(job(1, prompt=prompt), 0, b""),
    ):
        assert PLAIN not in shown
        assert PLAIN.lower() not in shown
        assert "pä" not in shown
        assert "fox" in shown


def test_no_part_of_a_message_takes_a_secret_to_discord() -> None:
    register(SecretStr(PLAIN))
    said = f"so {PLAIN}"
    button = ActionRow((Button(said, "job:details:x:1"),))
    menu = Menu("jobs:menu:x", said, (MenuOption(said, "1"),))
    panel = Panel(
        Colour.DONE,
        (
            Text(said),
            MediaGallery((MediaItem(f"{PLAIN}.png", said),)),
            Attachment(f"{PLAIN}.txt"),
            button,
            menu,
        ),
    )
    embed = Embed(Colour.DONE, said, said, (Field(said, said),), said)
    form = Modal(said, "job:tweak:x:1", (Input("prompt", said, said, said),))
    file = file_of(File(f"{PLAIN}.png", b"", said))
    parts = [
        str(view_of(panel).to_components()),
        str(rows_of((button, menu)).to_components()),
        str(embed_of(embed).to_dict()),
        str(modal_of(form).to_dict()),
        f"{file.filename} {file.description}",
    ]
    for part in parts:
        assert PLAIN not in part
        assert "***" in part


def test_what_a_command_or_the_wizard_prints_holds_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    register(SecretStr(PLAIN))
    _say(f"one {PLAIN}", err=True)
    Console().say(f"two {PLAIN}")
    told = capsys.readouterr()
    assert (told.err, told.out) == ("one ***\n", "two ***\n")


def test_what_the_interpreter_would_say_of_a_fault_of_ours_holds_no_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    register(SecretStr(PLAIN))
    with pytest.raises(SystemExit) as ended:
        main(lambda: int(PLAIN))
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert told.startswith("Traceback (most recent call last):")
    assert told.endswith("ValueError: invalid literal for int() with base 10: '***'\n")


def test_what_the_wizard_was_told_it_does_not_print(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN={PLAIN}1\nBOT_DATABASE_URL=sqlite://me:{PLAIN}2@db\n")
    answers = Answers(tmp_path / ".env", {"INVOKEAI_PASSWORD": f"{PLAIN}3"})
    answers.keep("INVOKEAI_URL", f"http://me:{PLAIN}4@box")
    Console().say(" ".join(f"{PLAIN}{number}" for number in range(1, 5)))
    assert capsys.readouterr().out == "*** *** *** ***\n"


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_log_line_with_its_traceback_holds_no_secret(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written, root = StringIO(), logging.getLogger()
    before = root.handlers[:], root.level, structlog.get_config()
    monkeypatch.setattr(sys, "stderr", written)
    register(SecretStr(PLAIN), SecretStr(ODD))
    try:
        logs.configure_logging("INFO", style)
        try:
            int(PLAIN + ODD)
        except ValueError:
            structlog.get_logger("bot.x").error("it_failed", a=PLAIN, b={"c": ODD}, exc_info=True)
            logging.getLogger("aiohttp").exception("%s and %s", PLAIN, ODD)
    finally:
        root.handlers[:], root.level = before[:2]
        structlog.configure(**before[2])
    told = written.getvalue()
    assert told.count("ValueError") >= 2
    assert "it_failed" in told
    assert PLAIN not in told
    assert r"\w/" not in told
