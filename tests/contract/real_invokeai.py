"""A real InvokeAI server on this machine: installs it once, starts and ends it."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ports import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
SERVER = Path(__file__).resolve().parent / "server"
HOME = REPOSITORY / ".invokeai"
NEWEST = "6.14.2"
START_TIMEOUT = 120  # seconds, with PyTorch on a busy machine
VERSIONS = (NEWEST, "6.13.5", "6.9.0", "6.6.0", "5.15.0")  # one of each kind; see docs/invokeai-versions.md

# InvokeAI's dependencies without the machine-learning ones, for which `server/ml_placeholders.py` stands in.
NEEDS = (
    "bcrypt<4.0.0",
    "blake3",
    "Deprecated",
    "dynamicprompts",
    "email-validator>=2",
    "fastapi-events",
    "fastapi>=0.141.1,<0.142",
    "fonttools",
    "imageio",
    "imageio-ffmpeg",  # its video nodes
    "jinja2",
    "networkx",
    "numpy<2",
    "packaging",
    "passlib>=1.7.4",
    "pillow",
    "prompt-toolkit",
    "psutil",
    "pydantic",
    "pydantic-settings",
    "pyparsing",
    "python-jose[cryptography]>=3.3.0",
    "python-multipart",
    "python-socketio",
    "pyyaml",
    "requests",
    "semver~=3.0.1",
    "tqdm",
    "uvicorn[standard]",
)
ACCESS = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d{3})')


@dataclass(frozen=True, slots=True)
class Access:
    """One line of InvokeAI's access log."""

    method: str
    path: str
    status: int


def installed(version: str) -> tuple[Path, dict[str, str]]:
    """The Python that can run this InvokeAI, and the environment it needs. Installs what is missing."""
    given = os.environ.get("INVOKEAI_TEST_VENV")
    venv = Path(given) if given else HOME / "venv"
    if not given:
        once(venv / f".stamp-{NEWEST}-with-video", f"InvokeAI {NEWEST}", 300, lambda: _install(venv))
    python = venv / "bin" / "python"
    if version == NEWEST:
        return python, {}
    overlay = HOME / f"overlay-{version}"
    once(overlay / ".stamp", f"InvokeAI {version}", 30, lambda: _overlay(python, overlay, version))
    return python, {"PYTHONPATH": str(overlay)}


def once(stamp: Path, what: str, megabytes: int, install: Callable[[], None]) -> None:
    """Installs it unless the stamp says that this was done. Another process that wants it too waits."""
    HOME.mkdir(exist_ok=True)
    with (HOME / "installing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists():
            return
        started = time.monotonic()
        _say(f"installing {what} (once, about {megabytes} MB) ...")
        install()
        stamp.touch()
        _say(f"installed {what} in {time.monotonic() - started:.0f} s")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _install(venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run(["python3.11", "-m", "venv", str(venv)], check=True)
    pip_install(venv / "bin" / "python", "uv>=0.9,<1")  # takes a tenth of pip's time for the rest
    uv = [str(venv / "bin" / "uv"), "pip", "install", "--quiet", "--compile-bytecode"]
    python = ["--python", str(venv / "bin" / "python")]
    _run([*uv, *python, "--no-deps", f"invokeai=={NEWEST}"])
    _run([*uv, *python, *NEEDS])


def _overlay(python: Path, overlay: Path, version: str) -> None:
    shutil.rmtree(overlay, ignore_errors=True)
    pip_install(
        python, "--no-deps", "--ignore-requires-python", "--target", str(overlay), f"invokeai=={version}"
    )


def pip_install(python: Path, *arguments: str) -> None:
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments])


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True
    )  # pip complains of what we left out
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")


class RealInvokeAI:
    """One server with a folder of its own; `restart` keeps the folder. Blocking: starting takes seconds.

    `base_url`: the sub-path under which it answers, as behind a proxy that keeps it.
    """

    def __init__(
        self, root: Path, version: str = NEWEST, *, multi_user: bool = False, base_url: str = ""
    ) -> None:
        self.root = root
        self.version = version
        self.multi_user = multi_user
        self.base_url = base_url
        self.port = 0
        self._log = root / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base_url}"

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        command, environment = self._command()
        self.port = self.port or free_port()
        shutil.copytree(SERVER / "nodes", self.root / "nodes", dirs_exist_ok=True)
        self._write_config()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--root", str(self.root)],
                cwd=self.root,
                env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1", **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_it_answers()

    def _command(self) -> tuple[list[str], dict[str, str]]:
        """What starts it, and the environment that it needs."""
        python, environment = installed(self.version)
        return [str(python), str(SERVER / "start.py")], environment

    def stop(self) -> None:
        """Ends it as a service manager would: it may finish what it writes."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def new_database(self) -> None:
        """Removes the database, while it is down: the next start begins with job 1."""
        shutil.rmtree(self.root / "databases")

    def accesses(self) -> list[Access]:
        """What it was asked so far."""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return [Access(m["method"], m["path"], int(m["status"])) for m in ACCESS.finditer(text)]

    def _write_config(self) -> None:
        lines = ["schema_version: 4.0.2", "host: 127.0.0.1", f"port: {self.port}", "log_level_network: info"]
        if self.multi_user:
            lines.append("multiuser: true")
        if self.base_url:
            lines.append(f"base_url: {self.base_url}")
        (self.root / "invokeai.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/api/v1/app/version", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.kill()
        raise RuntimeError(f"InvokeAI did not start:\n{self._log.read_text(errors='replace')[-3000:]}")

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
