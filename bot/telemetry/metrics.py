"""The figures behind /metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The figures behind /metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.notices = Counter(
            "bot_notices_total", "Messages about jobs", ["server", "outcome"], registry=self.registry
        )
        self.pending = Gauge(
            "bot_notices_pending", "Rows of the outbox that still wait", ["server"], registry=self.registry
        )
        self.dead_lettered = Gauge(
            "bot_notices_dead_lettered",
            "Rows of the outbox that could not be delivered and are not tried again",
            registry=self.registry,
        )
        self.suspended = Gauge(
            "bot_channels_suspended", "Channels that take no messages for now", registry=self.registry
        )
        self.delay = Histogram(
            "bot_notice_delay_seconds",
            "From the job's end on InvokeAI to the message on Discord",
            ["server"],
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
            registry=self.registry,
        )
        self.stall = Gauge(
            "bot_loop_stall_seconds",
            "The event loop's longest stall within the last minute",
            registry=self.registry,
        )
        self.tasks = Gauge("bot_tasks", "Tasks on the event loop", registry=self.registry)
        self.healthy = Gauge("bot_healthy", "1: as /healthz says 200", registry=self.registry)
        self.leader = Gauge("bot_leader", "1: this bot leads on its database", registry=self.registry)
        self.duty_done = Gauge(
            "bot_duty_done", "1: this part of the bot works", ["duty"], registry=self.registry
        )
        self.duty_age = Gauge(
            "bot_duty_age_seconds",
            "Since Discord acknowledged a heartbeat, the database was written, a service did a round",
            ["duty"],
            registry=self.registry,
        )
        self.server_reachable = Gauge(
            "bot_server_reachable", "1: this InvokeAI answers", ["server"], registry=self.registry
        )
        self.server_socket = Gauge(
            "bot_server_socket", "1: this InvokeAI's socket is open", ["server"], registry=self.registry
        )
