"""The server that forks the tests' bots: it has imported the program, so a start costs milliseconds."""

import multiprocessing
import os
from pathlib import Path

os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
)
forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(["preloaded"])
