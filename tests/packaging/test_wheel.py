"""What people install: the wheel, in a bare environment, with nothing of this checkout beside it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("DISCORD_", "INVOKEAI_", "BOT_", "PYTHON", "COVERAGE", "COV_")
pytestmark = [pytest.mark.packaging, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist, made of what git would give to a stranger."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "build", "--outdir", str(out), str(source))
    [wheel], [sdist] = out.glob("*.whl"), out.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="session")
def bare(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that has the wheel and what it needs, and no more."""
    venv = tmp_path_factory.mktemp("bare") / "venv"
    run(sys.executable, "-m", "venv", str(venv))
    run(str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", str(built[0]))
    return venv / "bin" / "invokeai-discord"


def run(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None, code: int = 0) -> str:
    done = subprocess.run(words, cwd=cwd, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def clean(**settings: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | settings


def test_the_wheel_and_the_sdist_hold_all_that_is_needed(built: tuple[Path, Path]) -> None:
    wheel, sdist = built
    inside = set(zipfile.ZipFile(wheel).namelist())
    for package in ("bot", "cogs", "sandbox"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                assert path.relative_to(ROOT).as_posix() in inside
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "CHANGELOG.md", "Makefile", "pyproject.toml", ".env.example"} <= names
    assert any(name.startswith("tests/") for name in names)


def test_the_installed_command_explains_itself(bare: Path, tmp_path: Path) -> None:
    said = run(str(bare), "setup", "--help", cwd=tmp_path, env=clean(COLUMNS="200"))
    assert "--token" in said
    assert run(str(bare), "--version", cwd=tmp_path, env=clean()).strip()
    for name in ("run", "check", "demo"):
        assert "Usage" in run(str(bare), name, "--help", cwd=tmp_path, env=clean())


def test_the_installed_check_says_what_is_missing(bare: Path, tmp_path: Path) -> None:
    settings = clean(
        BOT_DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}", INVOKEAI_URL="http://127.0.0.1:1"
    )
    said = run(str(bare), "check", cwd=tmp_path, env=settings, code=1)
    assert "✓ Database: none yet" in said
    assert "✗ Token: missing" in said


def test_a_new_database_is_made_at_the_newest_revision(bare: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"
    url = f"sqlite+aiosqlite:///{file}"
    making = f"import asyncio; from bot.store.database import Database; asyncio.run(Database({url!r}).open())"
    run(str(bare.with_name("python")), "-c", making, cwd=tmp_path, env=clean())
    settings = clean(BOT_DATABASE_URL=url, INVOKEAI_URL="http://127.0.0.1:1")
    said = run(str(bare), "check", cwd=tmp_path, env=settings, code=1)
    newest = max(path.name[:4] for path in (ROOT / "bot/store/migrations/versions").glob("0*.py"))
    assert f"✓ Database: SQLite, revision {newest}" in said
    assert file.exists()


def test_the_installed_demo_shows_a_picture_and_ends_at_ctrl_c(bare: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [str(bare), "demo", "--no-browser"],
        cwd=tmp_path,
        env=clean(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        told: list[str] = []
        for line in process.stdout:
            told.append(line)
            if "✅ “" in line:
                break
        process.send_signal(signal.SIGINT)
        told += process.stdout.readlines()
        assert process.wait(timeout=30) == 0, "".join(told)
    assert any("✅ “" in line for line in told), "".join(told)
    assert not list(tmp_path.iterdir())


def test_the_bare_environment_really_is_bare(bare: Path) -> None:
    listed = run(str(bare.with_name("python")), "-m", "pip", "list", "--format", "freeze")
    assert "pytest" not in listed
    assert sysconfig.get_path("purelib") not in run(
        str(bare.with_name("python")), "-c", "import bot; print(bot.__file__)"
    )


def test_the_steps_of_the_dockerfile_make_a_bot(tmp_path: Path) -> None:
    """Without an engine: the same files, the same commands, in folders of their own."""
    recipe = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    source, home = tmp_path / "src", tmp_path / "bot"
    for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, re.MULTILINE):
        *names, target = line.split()
        folder = source if target == "./" or (ROOT / target).name == names[0] else source / target
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            take = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            take(ROOT / name, folder / Path(name).name)
    [step] = re.findall(r"^RUN (python -m venv .+)$", recipe, re.MULTILINE)
    words = step.replace("/opt/bot", str(home)).replace("/opt/build", str(tmp_path / "build"))
    words = words.replace("python -m venv", f"{sys.executable} -m venv")
    run("sh", "-ec", words, cwd=source, env=clean())
    [entry] = re.findall(r'^ENTRYPOINT \["(.+)"\]$', recipe, re.MULTILINE)
    bot = entry.replace("/opt/bot", str(home))
    assert run(bot, "--version", cwd=tmp_path, env=clean()).strip()
    run(str(home / "bin" / "python"), "-c", "import asyncpg, av", cwd=tmp_path, env=clean())
    said = run(bot, "run", cwd=tmp_path, env=clean(), code=2)
    assert said.startswith("DISCORD_TOKEN is missing")
