"""Which file system a SQLite file is on: over a network its locks and write-ahead log can't be relied on."""

import re
from pathlib import Path

from bot.errors import DatabaseUnusable

MOUNTS = Path("/proc/mounts")
"""Linux has it; elsewhere nothing is known of file systems."""
NETWORK = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "drvfs"),
        *("ceph", "glusterfs", "lustre", "beegfs", "orangefs", "davfs"),
        *("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.ceph-fuse", "fuse.davfs2"),
        *("fuse.smbnetfs", "fuse.curlftpfs", "fuse.gcsfuse", "fuse.juicefs", "fuse.mfs", "fuse.goofys"),
    }
)
MIN_WORDS = 4
DRIVES_OF_WINDOWS = "aname=drvfs"
"""How WSL's 9p mounts are told from others."""


def require_local(file: Path, mounts: Path = MOUNTS) -> None:
    """DatabaseUnusable where `file` is, or would be, on another machine's disk."""
    found = network_file_system(file, mounts)
    if found is not None:
        raise DatabaseUnusable(
            f"The database {file} is on a network file system ({found}), where SQLite's locks and its "
            "write-ahead log do not hold: rows get lost. Put it on a local disk, or name a PostgreSQL in "
            "BOT_DATABASE_URL."
        )


def network_file_system(file: Path, mounts: Path = MOUNTS) -> str | None:
    """Its kind and where it is mounted, for people; None for a local one, or if that can't be known."""
    if str(file).startswith("\\\\"):
        return "a Windows share"
    try:
        lines = mounts.read_text("utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    real = file.resolve()
    found: tuple[int, str, str, str] | None = None
    for line in lines:
        words = [_unescaped(word) for word in line.split(" ")]
        if len(words) < MIN_WORDS:
            continue
        _, place, kind, options, *_ = words
        depth = len(Path(place).parts)
        if real.is_relative_to(place) and (found is None or depth >= found[0]):  # a later one lies on top
            found = depth, kind, place, options
    if found is None:
        return None
    _, kind, place, options = found
    over_network = kind in NETWORK or (kind == "9p" and DRIVES_OF_WINDOWS in options)
    return f"{kind} at {place}" if over_network else None


def _unescaped(word: str) -> str:
    """A blank in a path stands there as a backslash and its number, in octal."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), word)
