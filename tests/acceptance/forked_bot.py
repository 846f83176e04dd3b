"""What the fork server imports once for all bots."""

import importlib
import pkgutil

import bot
import cogs

for _package in (bot, cogs):
    for _found in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if not _found.name.startswith("bot.store.migrations"):
            importlib.import_module(_found.name)
