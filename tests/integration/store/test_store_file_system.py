"""A SQLite file on a network file system is refused, at the start and by check."""

from pathlib import Path

import pytest

from bot.errors import DatabaseUnusable
from bot.store.database import Database
from bot.store.file_system import network_file_system
from bot.store.leader import Leader

LOCAL = """\
overlay / overlay rw,relatime 0 0
proc /proc proc rw,nosuid 0 0
/dev/sda1 /data ext4 rw 0 0
"""


def mounts(folder: Path, *lines: str) -> Path:
    file = folder / "mounts"
    file.write_text(LOCAL + "".join(f"{line}\n" for line in lines))
    return file


@pytest.mark.parametrize(
    ("line", "file", "found"),
    [
        ("box:/export /data nfs4 rw,vers=4.2 0 0", "/data/bot.db", "nfs4 at /data"),
        ("box:/export /data/share nfs rw 0 0", "/data/share/deep/bot.db", "nfs at /data/share"),
        ("//nas/bot /srv/my\\040share cifs rw 0 0", "/srv/my share/bot.db", "cifs at /srv/my share"),
        ("me@box:/ /data fuse.sshfs rw 0 0", "/data/bot.db", "fuse.sshfs at /data"),
        ("C: /mnt/c 9p rw,aname=drvfs;path=C: 0 0", "/mnt/c/bot.db", "9p at /mnt/c"),
        ("box:/export / nfs4 rw 0 0", "/home/bot.db", "nfs4 at /"),
    ],
)
def test_a_network_file_system_is_named_with_its_place(
    line: str, file: str, found: str, tmp_path: Path
) -> None:
    assert network_file_system(Path(file), mounts(tmp_path, line)) == found


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("box:/export /data2 nfs4 rw 0 0",),
        ("box:/export /data/share nfs4 rw 0 0",),
        ("box:/export /data nfs4 rw 0 0", "/dev/sdb1 /data ext4 rw 0 0"),
        ("root /data 9p rw,trans=fd 0 0",),
        ("nonsense",),
    ],
)
def test_a_local_or_unknown_one_is_not(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert network_file_system(Path("/data/bot.db"), mounts(tmp_path, *lines)) is None


def test_where_no_mounts_are_listed_nothing_is_known_but_a_windows_share_by_its_name(tmp_path: Path) -> None:
    assert network_file_system(Path("/data/bot.db"), tmp_path / "none") is None
    assert network_file_system(Path(r"\\nas\share\bot.db"), tmp_path / "none") == "a Windows share"


async def test_the_start_and_the_command_line_refuse_it_in_one_sentence_and_make_nothing(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "share"
    url = f"sqlite:///{folder / 'bot.db'}"
    listed = mounts(tmp_path, f"box:/export {tmp_path} nfs4 rw 0 0")
    database, leader = Database(url, mounts=listed), Leader(url, mounts=listed)
    for opening in (leader.lead(), database.open(), database.open_existing()):
        with pytest.raises(DatabaseUnusable, match=r"bot\.db is on a network file system \(nfs4 at "):
            await opening
    assert not folder.exists()
