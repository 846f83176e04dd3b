"""A queue as somebody sees it who turns page after page."""

from bot.domain.jobs import Job, JobStatus
from bot.invokeai.listing.common import Listing


async def all_pages(listing: Listing, wanted: JobStatus | None, limit: int) -> list[Job]:
    """From the newest job on."""
    seen: list[Job] = []
    before: int | None = None
    while True:
        page = await listing.page(before, wanted, limit)
        seen += page.jobs
        if page.before is None:
            return seen
        before = page.before
