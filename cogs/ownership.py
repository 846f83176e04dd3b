"""What is a creator's own: they cancel, retry and delete nothing else. Operators may do it to any job."""

from bot.controls.results import Scope
from bot.controls.server_controls import ServerControls
from bot.domain.jobs import Job
from bot.errors import AccessRefused
from cogs.presses import Interaction
from cogs.visibility import is_operator, subscription_here

NOT_YOURS = (
    "That is not yours. You may cancel, retry and delete what you asked me for; an operator may do it to any "
    "job. Nothing was changed."
)
NOT_SHOWN = "This channel does not show that job, so only an operator may run it again here."
NOT_FIRST = "Only operators may run something first. Leave it out; nothing was queued."


async def is_own(interaction: Interaction, controls: ServerControls, job: Job) -> bool:
    """Whether that person asked the bot for this very job, or for its retry."""
    owner = await controls.creating.owner(job)
    return owner is not None and owner.user_id == interaction.user.id


async def require_own(interaction: Interaction, controls: ServerControls, number: int) -> None:
    """AccessRefused for somebody else's job, unless an operator asks."""
    if not await is_operator(interaction):
        await _require(interaction, controls, await controls.jobs.one(number))


async def require_own_in(
    interaction: Interaction, controls: ServerControls, number: int | None, scope: Scope
) -> None:
    """As `require_own` or `require_own_batch`; without a number of the job that runs."""
    if scope is Scope.BATCH:
        await require_own_batch(interaction, controls, number)
    elif not await is_operator(interaction):
        await _require(interaction, controls, await controls.cancelling.named(number))


async def require_own_batch(interaction: Interaction, controls: ServerControls, number: int | None) -> None:
    """As `require_own`, of all jobs of that job's batch, or of the running one's."""
    if await is_operator(interaction):
        return
    job = await controls.cancelling.named(number)
    owner = await controls.creating.owner_of_batch(job)
    if owner is None or owner.user_id != interaction.user.id:
        raise AccessRefused(NOT_YOURS)


async def require_shown(interaction: Interaction, controls: ServerControls, number: int) -> None:
    """AccessRefused for a job that is neither theirs nor shown in this channel, unless an operator asks."""
    if await is_operator(interaction):
        return
    job, here = await controls.jobs.one(number), await subscription_here(interaction)
    shown = here is not None and here.may_show(job)
    if not shown and not await is_own(interaction, controls, job):
        raise AccessRefused(NOT_SHOWN)


async def require_first(interaction: Interaction) -> None:
    """AccessRefused unless the person may go before all that waits."""
    if not await is_operator(interaction):
        raise AccessRefused(NOT_FIRST)


async def _require(interaction: Interaction, controls: ServerControls, job: Job) -> None:
    if not await is_own(interaction, controls, job):
        raise AccessRefused(NOT_YOURS)
