"""The list of jobs in an interaction: the page, its menu of states, its search."""

from collections.abc import Callable
from dataclasses import replace

from bot.controls.server_controls import ServerControls
from bot.discord.replies import ask, chosen, filled_in, renew, reply
from bot.domain.access import Capability
from bot.domain.job_list import JobList, board_key, searchable
from bot.domain.jobs import Job, JobStatus
from bot.domain.subscriptions import Disclosure
from bot.errors import AccessRefused, RequestRefused
from bot.render import job_list
from bot.render.beside_the_loop import rendered
from bot.render.list_ids import ANY, MINE, SEARCH, JobsFilter, JobsPage, JobsSearch
from bot.render.message import Panel
from bot.render.presentation import covered, veiled
from cogs.edit_again import handing_back
from cogs.presses import TOO_OLD, Interaction
from cogs.visibility import disclosure_here, is_operator, may_renew_list, subscription_here

NO_SEARCH = "This channel hides prompts, so they can't be searched here."


async def search_of(controls: ServerControls, at: JobsPage, words: str, board: str) -> JobsPage:
    """That list with what a person looks for. RequestRefused for a board that is not there."""
    key = board_key(await controls.filters.board_id(board)) if board.strip() else None
    return replace(at, words=searchable(words), board=key)


async def jobs_panel(
    interaction: Interaction, controls: ServerControls, at: JobsPage, *, public: bool
) -> Panel:
    """The list of jobs at that place, as it may be shown in the channel of that interaction."""
    disclosure = await disclosure_here(interaction)
    if at.words and disclosure.hide_prompts:
        raise AccessRefused(NO_SEARCH)
    page = await controls.lists.page(at.filter_of(interaction.user.id), at.before)
    if public and not await is_operator(interaction):
        page = await _for_everybody(interaction, page)
    thumbnails = await controls.gallery.thumbnails(page.jobs, bare=disclosure.hide_prompts)
    boards = await controls.filters.board_names() if at.board else {}
    board = next((name for one, name in boards.items() if board_key(one) == at.board), None)
    creates = await interaction.client.capability(interaction) >= Capability.CREATE
    now = interaction.client.clock()

    def panel() -> Panel:
        rows = _veiled(page, disclosure)
        shown = job_list.jobs(rows, at, now, thumbnails, board=board, creates=creates)
        return covered(shown, disclosure)

    return await rendered(page.jobs, panel)


async def _for_everybody(interaction: Interaction, page: JobList) -> JobList:
    """Of jobs that are not told here no more than a list without prompts and pictures would say."""
    here = await subscription_here(interaction)

    def shown(job: Job) -> Job:
        if here is not None and here.may_show(job):
            return job
        return replace(job, recipe=None, images=(), outputs=(), failure=None)

    return _each(page, shown)


def _veiled(page: JobList, disclosure: Disclosure) -> JobList:
    return _each(page, lambda job: veiled(job, disclosure))


def _each(page: JobList, shown: Callable[[Job], Job]) -> JobList:
    return replace(
        page,
        running=tuple(replace(one, job=shown(one.job)) for one in page.running),
        rows=tuple(shown(row) if isinstance(row, Job) else row for row in page.rows),
    )


async def turn(interaction: Interaction, controls: ServerControls, at: JobsPage) -> None:
    """The list is edited in place, if the person may show that page to all who see it; else beside it."""
    in_place = await _may_renew(interaction, at)
    await interaction.response.defer(ephemeral=True, thinking=not in_place)
    await _show(interaction, controls, at, in_place=in_place)


async def _may_renew(interaction: Interaction, at: JobsPage | JobsSearch) -> bool:
    """A person's own jobs are never shown to all: the next press there would be of somebody else."""
    message = interaction.message
    if at.mine and (message is None or not message.flags.ephemeral):
        return False
    return await may_renew_list(interaction, at.server)


async def pick(interaction: Interaction, controls: ServerControls, menu: JobsFilter) -> None:
    """A state or one's own jobs, and the search stays; all jobs, and it goes; or the form for a search."""
    value = next(iter(chosen(interaction)), "")
    if value == SEARCH:
        await ask(interaction, job_list.search_form(JobsSearch(menu.server, mine=menu.mine), menu.words))
    elif value == ANY:
        await turn(interaction, controls, JobsPage(menu.server))
    elif value == MINE:
        await turn(
            interaction, controls, JobsPage(menu.server, board=menu.board, words=menu.words, mine=True)
        )
    elif value in {one.value for one in JobStatus}:
        at = JobsPage(menu.server, JobStatus(value), None, menu.board, menu.words, menu.mine)
        await turn(interaction, controls, at)
    else:
        raise RequestRefused(TOO_OLD)


async def search(interaction: Interaction, controls: ServerControls, form: JobsSearch) -> None:
    """What was filled in, in place of the list that it was asked for on."""
    typed = filled_in(interaction)
    in_place = interaction.message is not None and await _may_renew(interaction, form)
    await interaction.response.defer(ephemeral=True, thinking=not in_place)
    words, board = typed.get(job_list.WORDS_INPUT, ""), typed.get(job_list.BOARD_INPUT, "")
    with handing_back(job_list.search_form(form, words, board)):
        at = await search_of(controls, JobsPage(form.server, form.status, mine=form.mine), words, board)
        await _show(interaction, controls, at, in_place=in_place)


async def _show(interaction: Interaction, controls: ServerControls, at: JobsPage, *, in_place: bool) -> None:
    message = interaction.message
    public = in_place and message is not None and not message.flags.ephemeral
    panel = await jobs_panel(interaction, controls, at, public=public)
    if in_place:
        await renew(interaction, panel, interaction.client.clock())
    else:
        await reply(interaction, panel)
