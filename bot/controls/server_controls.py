"""All that people may ask of one InvokeAI, in its parts."""

from dataclasses import dataclass

from bot.controls.cancelling import Cancelling
from bot.controls.creating import Creating
from bot.controls.documents import Documents
from bot.controls.filters import FilterNames
from bot.controls.gallery import GalleryControls
from bot.controls.in_front import InFront
from bot.controls.job_lists import JobLists
from bot.controls.jobs import JobLookup
from bot.controls.linking import Linking
from bot.controls.pauses import Pauses
from bot.controls.queue import QueueControls
from bot.controls.queue_views import QueueViews
from bot.controls.requeueing import Requeueing
from bot.controls.styles import StyleControls
from bot.controls.telling import Telling
from bot.controls.workflows import WorkflowControls


@dataclass(frozen=True, slots=True)
class ServerControls:
    """`server` is our name for the InvokeAI."""

    server: str
    queue: QueueControls
    views: QueueViews
    jobs: JobLookup
    lists: JobLists
    cancelling: Cancelling
    requeueing: Requeueing
    gallery: GalleryControls
    documents: Documents
    pauses: Pauses
    filters: FilterNames
    styles: StyleControls
    creating: Creating
    telling: Telling
    linking: Linking
    workflows: WorkflowControls
    in_front: InFront
