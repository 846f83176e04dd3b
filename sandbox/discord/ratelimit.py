"""Discord's rate limits: a bucket for each route and major parameter, and one for everything."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")
GLOBAL_PER_SECOND = 50


@dataclass(frozen=True, slots=True)
class Limit:
    """`requests` in each window of `seconds`."""

    requests: int
    seconds: float


DEFAULT_LIMITS = {
    ("POST", "/channels/{channel_id}/messages"): Limit(5, 5),
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"): Limit(5, 5),
    ("DELETE", "/channels/{channel_id}/messages/{message_id}"): Limit(5, 1),
    ("POST", "/webhooks/{webhook_id}/{webhook_token}"): Limit(5, 2),
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original"): Limit(5, 2),
}
"""What bots see in practice. Discord publishes no numbers and says that they change."""
OTHERS = Limit(50, 1)


@dataclass(slots=True)
class _Window:
    opened_at: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`headers` go with every answer; `retry_after` is set where the request is one too many."""

    headers: dict[str, str]
    retry_after: float | None = None
    everywhere: bool = False


class RateLimits:
    """`limits` may be changed at any time; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.limits = dict(DEFAULT_LIMITS)
        self.global_limit = Limit(GLOBAL_PER_SECOND, 1)
        self._windows: dict[str, _Window] = {}

    def take(self, method: str, route: str, params: dict[str, str], *, counts_globally: bool) -> Verdict:
        """Counts one request. An interaction's answers do not count globally (Discord's documentation)."""
        if counts_globally:
            verdict = self._take("global", "global", self.global_limit)
            if verdict.retry_after is not None:
                headers = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
                return Verdict(headers, verdict.retry_after, everywhere=True)
        bucket = hashlib.md5(f"{method} {route}".encode(), usedforsecurity=False).hexdigest()
        major = ":".join(params[name] for name in MAJOR if name in params)
        return self._take(bucket, f"{bucket}:{major}", self.limits.get((method, route), OTHERS))

    def _take(self, bucket: str, key: str, limit: Limit) -> Verdict:
        now = self._clock()
        window = self._windows.get(key)
        if window is None or now >= window.opened_at + limit.seconds:
            self._forget(now)
            window = self._windows[key] = _Window(now)
        reset_at = window.opened_at + limit.seconds
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(max(0, limit.requests - window.used - 1)),
            "X-RateLimit-Reset": f"{reset_at:.3f}",
            "X-RateLimit-Reset-After": f"{reset_at - now:.3f}",
            "X-RateLimit-Bucket": bucket,
        }
        if window.used >= limit.requests:
            return Verdict(headers | {"X-RateLimit-Scope": "user"}, reset_at - now)
        window.used += 1
        return Verdict(headers)

    def _forget(self, now: float) -> None:
        longest = max(limit.seconds for limit in (*self.limits.values(), self.global_limit, OTHERS))
        self._windows = {key: one for key, one in self._windows.items() if now < one.opened_at + longest}
