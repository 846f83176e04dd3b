"""Nothing of this folder needs a network or another process, and none of it gets one."""

import subprocess

import pytest


@pytest.fixture(autouse=True)
def nothing_leaves_this_process(socket_disabled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    del socket_disabled

    def refuse(*arguments: object, **_: object) -> None:
        raise AssertionError(f"A unit test starts a child process: {arguments}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
