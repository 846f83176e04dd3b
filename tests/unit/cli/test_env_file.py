"""`.env` is changed in its bindings alone, and never told with its secrets."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.setup import env_file
from bot.errors import StartRefused

VALUES = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=200).filter(
    lambda value: value == value.strip()
)


@given(value=VALUES)
def test_every_value_is_read_back_as_it_was_written(
    value: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("env") / ".env"
    env_file.write(path, env_file.merged("", {"INVOKEAI_PASSWORD": value}))
    assert env_file.values(path) == {"INVOKEAI_PASSWORD": value}


def test_an_answer_takes_the_place_of_its_line_and_all_else_stays() -> None:
    old = "# mine\nexport A=1\nb = 2\n\nC=3\nA=again\n"
    new = env_file.merged(old, {"A": "9", "B": "", "D": "new one"})
    assert new == "# mine\nA=9\n\nC=3\nD='new one'\n"


def test_a_diff_shows_what_changes_but_no_secret() -> None:
    old, new = "DISCORD_TOKEN=old\nX=1\n", "DISCORD_TOKEN=new\nX=2\n"
    shown = env_file.diff(old, new, ".env")
    assert "-X=1" in shown
    assert "+X=2" in shown
    assert "old" not in shown
    assert "DISCORD_TOKEN=••••" in shown
    assert env_file.diff(old, "DISCORD_TOKEN=new\nX=1\n", ".env") == "(only secrets change)"
    assert env_file.diff(old, old, ".env") == ""


@pytest.mark.parametrize(
    "line",
    [
        "DISCORD_TOKEN=hunter2",
        "export discord_token = 'hunter2' # mine",
        "INVOKEAI_PASSWORD='two\nhunter2\nlines'",
        'INVOKEAI_PASSWORD="hunter2',
        "#DISCORD_TOKEN=hunter2",
        "# export INVOKEAI_PASSWORD = hunter2",
        "BOT_DATABASE_URL=postgresql+asyncpg://me:hunter2@host/db",
        "# BOT_DATABASE_URL=postgresql+asyncpg://me:hunter2@host/db",
        "BOT_DATABASE_URL=postgresql+asyncpg://host/db?user=me&password=hunter2",
        "INVOKEAI_URL='http://me:hunter2@box:9090'",
        "INVOKEAI_URL=http://me:hun@ter2/hunter2@box:9090",
        "MY_OWN_API_KEY=hunter2",
        """INVOKEAI_HEADERS={"X-Key": "hunter2"}""",
    ],
)
def test_a_secret_is_masked_wherever_it_stands(line: str) -> None:
    shown = env_file.diff(f"{line}\nX=1\n", f"{line}\nX=2\n", ".env")
    assert "hunter2" not in shown
    assert "••••" in shown
    assert "hunter2" not in env_file.diff("", f"{line}\n", ".env")


def test_a_value_of_several_lines_is_replaced_whole() -> None:
    old = "X=1\nDISCORD_TOKEN='two\nA=3'\nA=1"
    assert env_file.merged(old, {"DISCORD_TOKEN": "new", "A": "2"}) == "X=1\nDISCORD_TOKEN=new\nA=2\n"
    assert env_file.merged("A=1", {"B": "2"}) == "A=1\nB=2\n"


def test_the_file_is_readable_by_its_owner_alone_and_never_half_written(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    path.chmod(0o644)
    env_file.write(path, "A=2\n")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("A=2\n", 0o600)
    assert [each.name for each in tmp_path.iterdir()] == [".env"]


def test_a_place_that_can_t_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="can't be written"):
        env_file.write(tmp_path / "nowhere" / ".env", "A=1\n")
