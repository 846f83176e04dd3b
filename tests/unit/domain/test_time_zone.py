from pathlib import Path

import pytest

from bot.domain.time_input import machine_zone

NOWHERE = Path("/nowhere/at/all")


@pytest.mark.parametrize("name", ["Europe/Berlin", ":Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin"])
def test_tz_names_the_zone(name: str) -> None:
    assert machine_zone({"TZ": name}, NOWHERE).key == "Europe/Berlin"


def test_without_tz_the_computer_s_own_file_names_it(tmp_path: Path) -> None:
    zone = tmp_path / "zoneinfo" / "America" / "Argentina" / "Ushuaia"
    zone.parent.mkdir(parents=True)
    zone.touch()
    (tmp_path / "localtime").symlink_to(zone)
    assert machine_zone({}, tmp_path / "localtime").key == "America/Argentina/Ushuaia"


def test_where_nothing_names_one_it_is_utc() -> None:
    assert machine_zone({}, NOWHERE).key == "UTC"
    assert machine_zone({"TZ": "nonsense"}, NOWHERE).key == "UTC"
