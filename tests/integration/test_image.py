"""What Dockerfile, compose.yaml and systemd unit promise, as far as it can be tried without an engine."""

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "Dockerfile").read_text("utf-8")


class Page(BaseHTTPRequestHandler):
    """A bot's /healthz."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Not on standard error."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def health_check(port: int, **environment: str) -> int:
    """Its exit code."""
    [words] = re.findall(r"^ +CMD (\[.+\])$", RECIPE, re.MULTILINE)
    _, *arguments = json.loads(words)
    settings = {"BOT_HTTP_ADDRESS": f"0.0.0.0:{port}", **environment}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=os.environ | settings, check=False, capture_output=True).returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_is_green_while_the_bot_is_healthy(
    port: int, status: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Page, "status", status)
    assert health_check(port) == code


def test_the_health_check_is_red_where_no_bot_answers() -> None:
    assert health_check(1) != 0


def test_the_health_check_asks_no_proxy(port: int) -> None:
    nowhere = "http://127.0.0.1:1"
    assert health_check(port, http_proxy=nowhere, HTTP_PROXY=nowhere, ALL_PROXY=nowhere) == 0


def locked(name: str) -> dict[str, tuple[str, int]]:
    """By name: the version, and how many hashes it has."""
    found: dict[str, tuple[str, int]] = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / "deploy" / name).read_text("utf-8")):
        package, version = entry.split()[0].split("==")
        found[canonicalize_name(package)] = version, entry.count("--hash=sha256:")
    return found


def test_the_lock_has_every_dependency_in_a_version_that_it_may_have_with_its_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    runs = [*project["project"]["dependencies"], *extras["postgres"], *extras["video"]]
    for name, wanted in (("image.lock", runs), ("image-build.lock", project["build-system"]["requires"])):
        lock = locked(name)
        assert [package for package, (_, hashes) in lock.items() if not hashes] == []
        for one in map(Requirement, wanted):
            version, _ = lock[canonicalize_name(one.name)]
            assert one.specifier.contains(version), f"{one} and {name} differ: make lock"


def test_the_image_installs_nothing_without_a_hash() -> None:
    installs = re.findall(r"pip install ([^&\n]+)", RECIPE)
    assert len(installs) == 3
    assert all("--require-hashes" in one or "--no-index --no-deps" in one for one in installs), installs


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        (
            "compose.yaml",
            (
                "read_only: true",
                "cap_drop:\n      - ALL",
                "no-new-privileges:true",
                "mem_limit: 2g",
                "max-size: 10m",
            ),
        ),
        (
            "deploy/invokeai-discord.service",
            ("MemoryMax=2G", "NoNewPrivileges=yes", "CapabilityBoundingSet=\n"),
        ),
    ],
)
def test_container_and_unit_are_fenced_in(file: str, lines: tuple[str, ...]) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert [line for line in lines if line not in text] == []
