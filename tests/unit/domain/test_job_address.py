import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job_address import JobAddress, job_address
from bot.errors import RequestRefused


@pytest.mark.parametrize("typed", ["812", "#812", " 812 ", "# 812"])
def test_a_number_alone_names_no_server(typed: str) -> None:
    assert job_address(typed) == JobAddress(812)


@pytest.mark.parametrize("typed", ["studio#812", "Studio #812", "STUDIO#812 "])
def test_a_name_before_the_number_is_a_server_s_in_whatever_case(typed: str) -> None:
    assert job_address(typed) == JobAddress(812, "studio")


@pytest.mark.parametrize(
    "typed", ["", "#", "0", "#0", "-1", "studio", "studio#", "studio 812", "a#b#1", "1" * 19, "٣", "812 red"]
)
def test_anything_else_is_refused_with_what_to_type(typed: str) -> None:
    with pytest.raises(RequestRefused, match=r"like 812, or like studio#812"):
        job_address(typed)


@given(st.integers(1, 10**18 - 1), st.none() | st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True))
def test_what_an_address_says_is_read_back(number: int, server: str | None) -> None:
    address = JobAddress(number, server)
    assert job_address(str(address)) == address
