"""Who owns a job and who asks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    user_id: str
    display_name: str
    email: str
    is_admin: bool = False

    def may_see(self, owner: "User") -> bool:
        return self.is_admin or self.user_id == owner.user_id

    @property
    def own_only(self) -> str | None:
        """The owner to whom a bulk operation is narrowed; None for an admin."""
        return None if self.is_admin else self.user_id


SYSTEM = User("system", "System", "system@system.invokeai", is_admin=True)
"""Everyone, on a single-user InvokeAI."""
