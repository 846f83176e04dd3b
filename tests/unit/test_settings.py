import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from bot import settings
from bot.errors import SettingWrong


@pytest.fixture(autouse=True)
def an_empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_setting_the_defaults_hold() -> None:
    loaded = settings.load()
    assert loaded.invokeai_url == "http://127.0.0.1:9090"
    assert loaded.discord_api_url == "https://discord.com/api/v10"
    assert loaded.bot_database_url.startswith("sqlite+aiosqlite:///")


def test_the_environment_wins_over_env_file_and_env_file_over_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "invokeai-discord.toml").write_text(
        'BOT_LOG_LEVEL = "debug"\nBOT_LOG_FORMAT = "json"\nINVOKEAI_URL = "http://toml"\n'
    )
    (tmp_path / ".env").write_text("BOT_LOG_FORMAT=console\nINVOKEAI_URL=http://file\n")
    monkeypatch.setenv("INVOKEAI_URL", "http://environment/")
    loaded = settings.load()
    assert (loaded.bot_log_level, loaded.bot_log_format, loaded.invokeai_url) == (
        "DEBUG",
        "console",
        "http://environment",
    )


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_GUILD_IDS", "1, 2")
    monkeypatch.setenv("BOT_OPERATOR_ROLES", " Artist ,42,")
    loaded = settings.load()
    assert loaded.discord_guild_ids == {1, 2}
    assert loaded.bot_operator_roles == {"Artist", "42"}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DISCORD_CHANNEL_ID", "here", "DISCORD_CHANNEL_ID is wrong. Give a channel's id: digits only."),
        ("DISCORD_GUILD_IDS", "1,x", "DISCORD_GUILD_IDS is wrong. Give guild ids"),
        ("INVOKEAI_URL", "ftp://box", "INVOKEAI_URL is wrong. Give InvokeAI's address"),
        ("INVOKEAI_URL", "http://box:909O", "INVOKEAI_URL is wrong. Give InvokeAI's address"),
        ("INVOKEAI_URL", "http://me:p@ss:w/rd@box", "INVOKEAI_URL is wrong. Give InvokeAI's address"),
        ("INVOKEAI_URL", "http://me:p#ss@box", "INVOKEAI_URL is wrong. Give InvokeAI's address"),
        ("INVOKEAI_URL", "http://me:1/p@box:1", "INVOKEAI_URL is wrong. Give InvokeAI's address"),
        ("INVOKEAI_URL", "http://me:p@b ox", "INVOKEAI_URL is wrong. Give InvokeAI's address"),
        ("INVOKEAI_URL", "http://[::1", "INVOKEAI_URL is wrong. Give InvokeAI's address"),
        (
            "INVOKEAI_EMAIL",
            "me@box.example",
            "INVOKEAI_EMAIL names an account, but INVOKEAI_PASSWORD is missing.",
        ),
        ("INVOKEAI_HEADERS", "X-Key: word", "INVOKEAI_HEADERS is wrong. Give a JSON object"),
        ("INVOKEAI_HEADERS", '["X-Key"]', "INVOKEAI_HEADERS is wrong. Give a JSON object"),
        ("INVOKEAI_HEADERS", '{"X-Key": "a\\nb"}', "INVOKEAI_HEADERS is wrong. Give a JSON object"),
        ("INVOKEAI_HEADERS", '{"X Key": "word"}', "INVOKEAI_HEADERS is wrong. Give a JSON object"),
        ("BOT_LOG_LEVEL", "loud", "BOT_LOG_LEVEL is wrong. Give DEBUG, INFO, WARNING or ERROR."),
        ("BOT_DATABASE_URL", "mysql://x", "BOT_DATABASE_URL is wrong. Give sqlite+aiosqlite"),
        ("BOT_HTTP_ADDRESS", "8080", "BOT_HTTP_ADDRESS is wrong. Give HOST:PORT"),
        ("BOT_FROBNICATE", "1", "Unknown setting BOT_FROBNICATE in the environment. Take it out"),
        ("INVOKEAI_URLL", "1", "Unknown setting INVOKEAI_URLL in the environment. Did you mean"),
        (
            "INVOKE_URL",
            "http://box:9090",
            "Unknown setting INVOKE_URL in the environment. Did you mean INVOKEAI_URL?",
        ),
        (
            "DISCORD_BOT_TOKEN",
            "1",
            "Unknown setting DISCORD_BOT_TOKEN in the environment. Did you mean DISCORD_TOKEN?",
        ),
        ("DISCORD_TOKEN_FILE", "/nowhere/t", "DISCORD_TOKEN_FILE names no file that can be read"),
    ],
)
def test_a_wrong_or_unknown_setting_is_named_with_its_mend(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingWrong) as caught:
        settings.load()
    assert str(caught.value).startswith(sentence)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("given", ["setting", "file"])
def test_an_account_needs_a_password_that_is_not_empty(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOKEAI_EMAIL", "me@box.example")
    if given == "setting":
        monkeypatch.setenv("INVOKEAI_PASSWORD", "")
    else:
        (tmp_path / "password").write_text("\n")
        monkeypatch.setenv("INVOKEAI_PASSWORD_FILE", str(tmp_path / "password"))
    with pytest.raises(SettingWrong, match="INVOKEAI_PASSWORD is missing"):
        settings.load()
    (tmp_path / "password").write_text("hunter2\n")
    monkeypatch.setenv("INVOKEAI_PASSWORD_FILE", str(tmp_path / "password"))
    assert settings.load().invokeai_email == "me@box.example"


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("BOT_LOG_LEVEL=loud\nBOT_FROBNICATE=1\n")
    monkeypatch.setenv("DISCORD_GUILD_IDS", "x,y")
    with pytest.raises(SettingWrong) as caught:
        settings.load()
    assert str(caught.value).splitlines() == [
        "Unknown setting BOT_FROBNICATE in .env. Take it out; the README lists the settings.",
        "DISCORD_GUILD_IDS is wrong. Give guild ids, digits only, with commas between.",
        "BOT_LOG_LEVEL is wrong. Give DEBUG, INFO, WARNING or ERROR.",
    ]


def test_a_wrong_file_is_named_beside_the_other_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "INVOKE_URL=\nDISCORD_TOKEN_FILE=nowhere\nINVOKEAI_PASSWORD_FILE=nowhere\n"
    )
    with pytest.raises(SettingWrong) as caught:
        settings.load()
    assert str(caught.value).splitlines() == [
        "Unknown setting INVOKE_URL in .env. Did you mean INVOKEAI_URL?",
        "DISCORD_TOKEN_FILE names no file that can be read.",
        "INVOKEAI_PASSWORD_FILE names no file that can be read.",
    ]


@pytest.mark.parametrize(
    "name", ["INVOKE_HOME", "COMPOSE_PROJECT_NAME", "TZ", "LOG_LEVEL", "POSTGRES_PASSWORD"]
)
def test_other_programs_names_beside_the_settings_are_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{name}=1\n")
    settings.load()


def test_invokeai_s_own_names_in_the_environment_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOKEAI_ROOT", "/opt/invokeai")
    settings.load()


def test_an_unknown_name_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "invokeai-discord.toml").write_text('colour = "red"\n')
    with pytest.raises(SettingWrong, match=r"COLOUR in invokeai-discord\.toml"):
        settings.load()


def test_a_broken_toml_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "invokeai-discord.toml").write_text("colour = ")
    with pytest.raises(SettingWrong, match=r"invokeai-discord\.toml is not TOML"):
        settings.load()


def test_a_wrong_value_never_stands_in_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_DATABASE_URL", "mysql://me:hunter2@host/db")
    with pytest.raises(SettingWrong) as caught:
        settings.load()
    assert "hunter2" not in str(caught.value)


def test_secrets_come_from_files_and_stay_out_of_the_repr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("very-secret\n")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("BOT_DATABASE_URL", "postgresql+asyncpg://me:hunter2@host/db")
    loaded = settings.load()
    assert loaded.token() == "very-secret"
    assert "very-secret" not in repr(loaded)
    assert "hunter2" not in repr(loaded)


@pytest.mark.parametrize("place", ["environment", "toml"])
def test_headers_for_a_proxy_are_secret(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "toml":
        (tmp_path / "invokeai-discord.toml").write_text('INVOKEAI_HEADERS = {"X-Key" = "hunter2"}\n')
    else:
        monkeypatch.setenv("INVOKEAI_HEADERS", '{"X-Key": "hunter2"}')
    loaded = settings.load()
    assert loaded.invokeai_headers["X-Key"].get_secret_value() == "hunter2"
    assert "hunter2" not in f"{loaded!r} {loaded.model_dump_json()}"


def test_a_missing_token_is_asked_for() -> None:
    with pytest.raises(SettingWrong, match=r"DISCORD_TOKEN is missing.* setup.* demo"):
        settings.load().token()


@pytest.mark.parametrize("value", ["box", "ftp://box", "https://box/a b", "https://box/)[x](http://evil"])
def test_a_public_address_that_no_message_can_link_to_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("INVOKEAI_PUBLIC_URL", value)
    with pytest.raises(SettingWrong, match="INVOKEAI_PUBLIC_URL is wrong"):
        settings.load()


def test_a_time_zone_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TIME_ZONE", "Europe/Nowhere")
    with pytest.raises(SettingWrong, match=r"BOT_TIME_ZONE is wrong\. Give a time zone's name"):
        settings.load()
    monkeypatch.setenv("BOT_TIME_ZONE", "Europe/Berlin")
    assert settings.load().bot_time_zone == "Europe/Berlin"


NAMES = sorted(settings.Settings.names())
VALUES = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60),
    st.sampled_from(
        [
            *(
                "0",
                "-1",
                "1",
                "1e9",
                "00042",
                "9" * 30,
                "1,2",
                "1,,2",
                "true",
                "yes",
                "maybe",
                "null",
                "[]",
                "{}",
            ),
            *(
                "http://",
                "http://[::1",
                "http://[::1]:9090/x/",
                "http://box:port",
                "http://box:99999",
                "HTTP://BOX",
            ),
            *(
                "http://me:hunter2@box",
                "https://\u2100.example",
                "//box",
                "http:///x",
                "http://\u00fc.example",
            ),
            *(
                "127.0.0.1:8080",
                ":8080",
                "box:99999",
                "[::1]:8080",
                "a b:1",
                "sqlite+aiosqlite:///x",
                "sqlite:///x",
            ),
            *("postgresql+asyncpg://me:hunter2@host/db", "postgresql+asyncpg://me:hunter2@host:port/db"),
            *("sqlite+aiosqlite:///:memory:", "/dev/null", "/", ".", "~", "debug", "JSON", "\u0661\u0662"),
        ]
    ),
)


def outcome() -> tuple[settings.Settings | None, str]:
    """What `load` gives, or else its sentence; nothing else may be raised."""
    try:
        return settings.load(), ""
    except SettingWrong as error:
        return None, str(error)


@contextmanager
def environment(**values: str) -> Generator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@effort(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NAMES), VALUES)
def test_any_value_is_taken_or_named_in_one_sentence_with_the_setting(name: str, value: str) -> None:
    assume("hunter2" not in value or "me:hunter2@" in value)  # only there it is a password
    with environment(**{name: value}):
        loaded, sentence = outcome()
    if loaded is None:
        lines = sentence.splitlines()
        assert all(line.startswith(name) and line.endswith(".") for line in lines)
        assert len(lines) == 1 or name == "INVOKEAI_SERVERS"  # one for each InvokeAI
        assert "hunter2" not in sentence
    elif "URL" in name or "TOKEN" in name or "PASSWORD" in name:
        assert "hunter2" not in repr(loaded)


@effort(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80), st.sampled_from([".env", "invokeai-discord.toml"]))
def test_any_file_is_read_or_named_in_one_sentence(data: bytes, name: str) -> None:
    path = Path(name)
    path.write_bytes(data)
    loaded, sentence = outcome()
    path.unlink()
    if loaded is None:
        assert all(name in line or line.split()[0] in NAMES for line in sentence.splitlines())
