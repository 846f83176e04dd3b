"""What the fork server imports once for all bots."""

import gc
import importlib
import os
import pkgutil

import bot
import cogs
from bot.domain.time_input import machine_zone

for _package in (bot, cogs):
    for _found in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if not _found.name.startswith("bot.store.migrations"):
            importlib.import_module(_found.name)
machine_zone(os.environ)  # reads the time zones' names, once for all
gc.collect()
gc.freeze()  # a child's own look through all this would cost it more than the rest of its start
