import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.access import Caller, Capability, Policy
from bot.errors import AccessRefused

GUILD = 7
ROLE = 1576110994067816453


def caller(**more: object) -> Caller:
    return Caller(**({"guild_id": GUILD, "owner": False, "guild_install": True} | more))  # type: ignore[arg-type]  # tests vary any field


@pytest.mark.parametrize(
    ("policy", "who", "capability"),
    [
        (Policy(), caller(), Capability.VIEW),
        (Policy(), caller(manage_messages=True), Capability.OPERATE),
        (Policy(viewer_roles=frozenset({"guest"})), caller(), Capability.NONE),
        (
            Policy(viewer_roles=frozenset({"guest"})),
            caller(role_names=frozenset({"Guest"})),
            Capability.VIEW,
        ),
        (
            Policy(viewer_roles=frozenset({str(ROLE)})),
            caller(role_names=frozenset({str(ROLE)})),
            Capability.NONE,
        ),
        (Policy(viewer_roles=frozenset({str(ROLE)})), caller(manage_messages=True), Capability.OPERATE),
        (Policy(viewer_roles=frozenset({str(ROLE)})), caller(owner=True), Capability.ADMIN),
        (Policy(), caller(manage_guild=True), Capability.ADMIN),
        (Policy(), caller(owner=True), Capability.ADMIN),
        (Policy(frozenset({"Artist"})), caller(role_names=frozenset({"artist"})), Capability.OPERATE),
        (Policy(frozenset({str(ROLE)})), caller(role_ids=frozenset({ROLE})), Capability.OPERATE),
        (Policy(frozenset({str(ROLE)})), caller(role_names=frozenset({str(ROLE)})), Capability.VIEW),
        (
            Policy(frozenset(), frozenset({str(ROLE)})),
            caller(role_names=frozenset({str(ROLE)})),
            Capability.VIEW,
        ),
        (Policy(frozenset({"42"})), caller(role_names=frozenset({"42"})), Capability.OPERATE),
        (Policy(frozenset({"42"})), caller(role_ids=frozenset({42})), Capability.VIEW),
        (Policy(frozenset({"artist"})), caller(manage_messages=True), Capability.VIEW),
        (Policy(frozenset({"artist"}), frozenset({"boss"})), caller(manage_guild=True), Capability.VIEW),
        (Policy(frozenset(), frozenset({"boss"})), caller(role_names=frozenset({"Boss"})), Capability.ADMIN),
        (Policy(creator_roles=frozenset({"club"})), caller(), Capability.VIEW),
        (
            Policy(creator_roles=frozenset({"club"})),
            caller(role_names=frozenset({"Club"})),
            Capability.CREATE,
        ),
        (
            Policy(frozenset({"artist"}), creator_roles=frozenset({"club"})),
            caller(role_names=frozenset({"club", "artist"})),
            Capability.OPERATE,
        ),
        (
            Policy(viewer_roles=frozenset({"guest"}), creator_roles=frozenset({"club"})),
            caller(role_names=frozenset({"club"})),
            Capability.CREATE,
        ),
    ],
)
def test_roles_and_permissions_give_a_capability(policy: Policy, who: Caller, capability: Capability) -> None:
    assert policy.capability(who) is capability


def test_a_guild_that_is_not_adopted_is_told_how_and_nothing_more() -> None:
    with pytest.raises(AccessRefused, match=r"DISCORD_GUILD_IDS"):
        Policy().require(caller(manage_guild=True), Capability.VIEW, adopted={8})


def test_the_owner_is_answered_everywhere() -> None:
    Policy().require(caller(owner=True), Capability.ADMIN, adopted=set())
    Policy().require(caller(owner=True, guild_id=None), Capability.ADMIN, adopted=set())


def test_by_a_user_install_only_the_owner_is_answered() -> None:
    with pytest.raises(AccessRefused, match="Installed for yourself"):
        Policy().require(caller(guild_install=False, manage_guild=True), Capability.VIEW, adopted={GUILD})
    Policy().require(caller(guild_install=False, owner=True), Capability.ADMIN, adopted=set())


def test_in_a_direct_message_only_the_owner_is_answered() -> None:
    with pytest.raises(AccessRefused, match="direct messages"):
        Policy().require(caller(guild_id=None, manage_guild=True), Capability.VIEW, adopted={GUILD})


def test_a_refusal_says_what_would_be_needed() -> None:
    with pytest.raises(AccessRefused, match="That needs the Manage Messages permission"):
        Policy().require(caller(), Capability.OPERATE, adopted={GUILD})
    with pytest.raises(AccessRefused, match="That needs the Manage Messages permission"):
        Policy().require(caller(), Capability.CREATE, adopted={GUILD})
    with pytest.raises(AccessRefused, match="That needs a creator role"):
        Policy(creator_roles=frozenset({"club"})).require(caller(), Capability.CREATE, adopted={GUILD})
    with pytest.raises(AccessRefused, match="That needs an admin role"):
        Policy(admin_roles=frozenset({"boss"})).require(caller(), Capability.ADMIN, adopted={GUILD})
    with pytest.raises(AccessRefused, match="That needs a viewer role"):
        Policy(viewer_roles=frozenset({"guest"})).require(caller(), Capability.VIEW, adopted={GUILD})


@given(
    needed=st.sampled_from(Capability),
    role_names=st.frozensets(st.text()),
    operator_roles=st.frozensets(st.text()),
    manage_messages=st.booleans(),
)
def test_whoever_may_do_more_may_do_less(
    needed: Capability, role_names: frozenset[str], operator_roles: frozenset[str], manage_messages: bool
) -> None:
    policy = Policy(operator_roles)
    who = caller(role_names=role_names, manage_messages=manage_messages)
    try:
        policy.require(who, needed, adopted={GUILD})
    except AccessRefused:
        assert policy.capability(who) < needed
    else:
        for less in Capability:
            if less <= needed:
                policy.require(who, less, adopted={GUILD})
