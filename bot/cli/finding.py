"""One line of `check`: a need, whether it is met, and the fix where it is not."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`said` is what was found; `fix` is None where the need is met. A doubt is told, and fails nothing."""

    need: str
    said: str
    fix: str | None = None
    doubt: bool = False

    @property
    def met(self) -> bool:
        return self.fix is None or self.doubt

    @property
    def sign(self) -> str:
        return "?" if self.doubt else "✓" if self.met else "✗"
