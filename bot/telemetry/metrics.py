"""The figures behind /metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The figures behind /metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.notices = Counter(
            "bot_notices_total", "Messages about jobs", ["server", "outcome"], registry=self.registry
        )
        self.pending = self._gauge("bot_notices_pending", "Rows of the outbox that still wait", "server")
        self.dead_lettered = self._gauge(
            "bot_notices_dead_lettered",
            "Rows of the outbox that could not be delivered and are not tried again",
        )
        self.suspended = self._gauge("bot_channels_suspended", "Channels that take no messages for now")
        self.delay = Histogram(
            "bot_notice_delay_seconds",
            "From the job's end on InvokeAI to the message on Discord",
            ["server"],
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
            registry=self.registry,
        )
        self.stall = self._gauge(
            "bot_loop_stall_seconds", "The event loop's longest stall within the last minute"
        )
        self.tasks = self._gauge("bot_tasks", "Tasks on the event loop")
        self.healthy = self._gauge("bot_healthy", "1: as /healthz says 200")
        self.leader = self._gauge("bot_leader", "1: this bot leads on its database")
        self.duty_done = self._gauge("bot_duty_done", "1: this part of the bot works", "duty")
        self.duty_age = self._gauge(
            "bot_duty_age_seconds",
            "Since Discord acknowledged a heartbeat, the database was written, a service did a round",
            "duty",
        )
        self.server_reachable = self._gauge("bot_server_reachable", "1: this InvokeAI answers", "server")
        self.server_jobs = self._gauge(
            "bot_server_jobs", "Jobs of this InvokeAI that wait or run, as last read", "server", "state"
        )
        self.server_socket = self._gauge("bot_server_socket", "1: this InvokeAI's socket is open", "server")

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)
