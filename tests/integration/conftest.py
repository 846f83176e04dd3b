"""Fixtures of this folder, from the files that make them."""

from store_databases import (
    database,
    database_url,
    file_database,
    migrated,
    migrated_postgresql,
    open_database,
    postgresql,
    postgresql_copies,
    postgresql_server,
)

__all__ = [
    "database",
    "database_url",
    "file_database",
    "migrated",
    "migrated_postgresql",
    "open_database",
    "postgresql",
    "postgresql_copies",
    "postgresql_server",
]
