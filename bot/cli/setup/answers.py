"""What `setup` knows of the settings: from flags, from `.env`, from a setup that was interrupted."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from bot import own_secrets
from bot.cli.setup import env_file


class Answers:
    """`given` is what the flags say; empty is an answer too. `path` is the file to write in the end.

    What was tried lies beside that file until then, as `NAME.draft`, so that it outlives an interruption.
    """

    def __init__(self, path: Path, given: Mapping[str, str]) -> None:
        self.path = path
        self.draft = path.with_name(f"{path.name}.draft")
        self.taken_up = self.draft.is_file()
        self._given = dict(given)
        self._kept = env_file.values(path) | env_file.values(self.draft)
        self._tried: dict[str, str] = {}
        for name, value in (self._kept | self._given).items():
            _register(name, value)

    def given(self, name: str) -> str | None:
        """What a flag says."""
        return self._given.get(name)

    def kept(self, name: str) -> str | None:
        """What the file, or the draft, says."""
        return self._kept.get(name)

    def known(self, name: str) -> str | None:
        return self._given.get(name, self._kept.get(name))

    def tried(self, name: str) -> str:
        """What was kept in this run; empty: nothing."""
        return self._tried.get(name, "")

    def forget(self, name: str) -> None:
        """What the file says is no answer any more: the person is asked."""
        self._kept.pop(name, None)

    def keep(self, name: str, value: str) -> None:
        """An answer that was tried: written down at once."""
        _register(name, value)
        self._tried[name] = value
        env_file.write(self.draft, env_file.merged("", env_file.values(self.draft) | self._tried))

    def change(self) -> tuple[str, str]:
        """The file's text as it is, and as it would be."""
        old = env_file.text_of(self.path)
        return old, env_file.merged(old, self._tried)

    def write(self, text: str) -> None:
        env_file.write(self.path, text)

    def drop_draft(self) -> None:
        self.draft.unlink(missing_ok=True)


def _register(name: str, value: str) -> None:
    """Nothing that the wizard says shows it from now on."""
    own_secrets.register(SecretStr(value) if name in env_file.SECRETS else value)
