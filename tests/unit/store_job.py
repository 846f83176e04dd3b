"""A job to write down."""

from datetime import UTC, datetime

from bot.domain.jobs import Job, JobStatus, Recipe

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def finished(*, images: tuple[str, ...]) -> Job:
    return Job(
        server="attic",
        number=7,
        status=JobStatus.COMPLETED,
        batch_id="batch",
        session_id="session",
        created_at=NOW,
        completed_at=NOW,
        recipe=Recipe("a red fox in snow", seed=1),
        images=images,
    )
