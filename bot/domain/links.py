"""Which InvokeAI account is which person on Discord."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountLink:
    """Jobs of that account count as that person's, in the channel where an admin said so. `name` is foreign
    text: the account's, as InvokeAI showed it then.
    """

    server: str
    account: str
    name: str
    user_id: int
    guild_id: int
    channel_id: int
