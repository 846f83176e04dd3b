"""What the fork server imports once for all bots."""

import gc
import importlib
import pkgutil

import bot
import cogs

for _package in (bot, cogs):
    for _found in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if not _found.name.startswith("bot.store.migrations"):
            importlib.import_module(_found.name)
gc.collect()
gc.freeze()  # a child's own look through all this would cost it more than the rest of its start
