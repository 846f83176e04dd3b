"""A multi-user sandbox: logins, tokens and their end, what a stranger sees and may do, who hears what."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sandbox_invokeai_bench import FIXTURES, QUEUE, Bench, Ear, Json, captured, shape
from socketio.exceptions import ConnectionError as SocketRefused

from sandbox.invokeai import Account

ADMIN = Account("admin@example.com", "Passw0rd123", "Admin", is_admin=True)
ALICE = Account("alice@example.com", "secret-of-alice", "Alice")
BOB = Account("bob@example.com", "secret-of-bob", "Bob")
LOGIN = "/api/v1/auth/login"


@pytest.fixture(params=["6.14.2", "6.13.5"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    bench = Bench(version=request.param, accounts=[ADMIN, ALICE, BOB], token_seconds=60)
    await bench.start()
    yield bench
    await bench.stop()


async def log_in(bench: Bench, account: Account, **options: Any) -> Json:
    body = {"email": account.email, "password": account.password, **options}
    status, _, answer = await bench.seen("POST", LOGIN, body)
    assert status == 200
    return answer


class Person:
    """A client with one account's token."""

    def __init__(self, bench: Bench, token: str) -> None:
        self._bench = bench
        self.token = token

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self._bench.http.request(method, path, json=body, headers=headers) as response:
            self.headers = response.headers
            return response.status, await response.json()

    async def draw(self) -> Json:
        node = {"id": "s", "type": "sandbox_draw", "steps": 1, "width": 32, "height": 32}
        batch = {"graph": {"nodes": {"s": node}}, "origin": "generate"}
        status, answer = await self.ask("POST", f"{QUEUE}/enqueue_batch", {"batch": batch})
        assert status == 200
        return answer


async def person(bench: Bench, account: Account) -> Person:
    return Person(bench, (await log_in(bench, account))["token"])


@asynccontextmanager
async def ears(bench: Bench, *people: Person) -> AsyncGenerator[list[Ear]]:
    found = [Ear() for _ in people]
    for ear, one in zip(found, people, strict=True):
        await ear.listen(bench.server.url, token=one.token)
    try:
        yield found
    finally:
        for ear in found:
            await ear.close()


async def test_logins_answer_as_captured() -> None:
    bench = Bench(accounts=[ADMIN])
    await bench.start()
    for name in ("mu_auth_login", "mu_auth_login_bad", "mu_queue_status_401", "mu_auth_status"):
        truth = captured("6.14.2", name)
        request = truth["request"]
        async with bench.http.request(request["method"], request["path"], json=request["body"]) as response:
            body = await response.json()
            assert response.status == truth["status"]
            assert response.headers.get("www-authenticate") == truth["headers"].get("www-authenticate")
        assert shape(body) == shape(truth["body"])
        if response.status != 200:
            assert body == truth["body"]
    await bench.stop()


async def test_every_attempt_to_log_in_is_remembered(bench: Bench) -> None:
    await bench.seen("POST", LOGIN, {"email": ALICE.email, "password": "nope"})
    await log_in(bench, ALICE)
    assert bench.server.logins == [(ALICE.email, False), (ALICE.email, True)]


async def test_only_version_status_and_login_are_open(bench: Bench) -> None:
    assert (await bench.seen("GET", "/api/v1/app/version"))[0] == 200
    assert (await bench.seen("GET", "/openapi.json"))[0] == 200
    _, _, status = await bench.seen("GET", "/api/v1/auth/status")
    assert (status["multiuser_enabled"], status["setup_required"]) == (True, False)
    for method, path in (
        ("GET", f"{QUEUE}/current"),
        ("PUT", f"{QUEUE}/clear"),
        ("GET", "/api/v1/images/"),
        ("GET", "/api/v1/images/i/x.png/metadata"),
    ):
        answer = await bench.seen(method, path)
        assert answer == (401, "application/json", {"detail": "Authentication required"})
    forged = Person(bench, "not.a.token")
    assert await forged.ask("GET", f"{QUEUE}/status") == (401, {"detail": "Invalid or expired token"})


async def test_a_token_ends_by_the_clock_unless_it_is_used_to_change_something(bench: Bench) -> None:
    answer = await log_in(bench, ALICE)
    assert answer["expires_in"] == 60
    assert (await log_in(bench, ALICE, remember_me=True))["expires_in"] == 7 * 60
    alice = Person(bench, answer["token"])
    bench.clock.now += timedelta(seconds=59)
    assert (await alice.ask("GET", f"{QUEUE}/status"))[0] == 200
    assert "x-refreshed-token" not in alice.headers
    await alice.ask("PUT", f"{QUEUE}/prune")
    fresh = Person(bench, alice.headers["x-refreshed-token"])
    bench.clock.now += timedelta(seconds=2)
    assert await alice.ask("GET", f"{QUEUE}/status") == (401, {"detail": "Invalid or expired token"})
    assert (await fresh.ask("GET", "/api/v1/auth/me"))[1]["email"] == ALICE.email


async def test_a_revocation_closes_the_sockets() -> None:
    bench = Bench(accounts=[ALICE])
    await bench.start()
    async with ears(bench, await person(bench, ALICE)) as (ear,):
        bench.server.members.revoke_tokens()
        await asyncio.wait_for(ear.lost.wait(), 10)
    await bench.stop()


async def test_revoked_tokens_count_no_more(bench: Bench) -> None:
    alice = await person(bench, ALICE)
    bench.server.members.revoke_tokens()
    assert await alice.ask("GET", f"{QUEUE}/status") == (401, {"detail": "User not found or inactive"})
    again = await person(bench, ALICE)
    assert (await again.ask("GET", f"{QUEUE}/status"))[0] == 200


@pytest.mark.parametrize("token", [None, "not.a.token"])
async def test_a_socket_without_a_good_token_is_refused(bench: Bench, token: str | None) -> None:
    with pytest.raises(SocketRefused):
        await Ear().listen(bench.server.url, token=token)


async def test_a_job_carries_its_owner(bench: Bench) -> None:
    alice, admin = await person(bench, ALICE), await person(bench, ADMIN)
    await alice.draw()
    _, profile = await alice.ask("GET", "/api/v1/auth/me")
    _, job = await admin.ask("GET", f"{QUEUE}/i/1")
    assert (job["user_id"], job["user_display_name"], job["user_email"]) == (
        profile["user_id"],
        "Alice",
        ALICE.email,
    )


async def test_a_stranger_sees_a_redacted_job_as_captured() -> None:
    bench = Bench(accounts=[ADMIN, ALICE])
    await bench.start()
    admin, alice = await person(bench, ADMIN), await person(bench, ALICE)
    bench.free.clear()
    await admin.draw()
    await bench.running()
    for name in (
        "mu_current_redacted",
        "mu_item_redacted",
        "mu_queue_status_nonadmin",
        "mu_cancel_403",
        "mu_pause_403",
    ):
        truth = captured("6.14.2", name)
        request = truth["request"]
        status, body = await alice.ask(request["method"], request["path"])
        assert (status, shape(body)) == (truth["status"], shape(truth["body"])), name
        for field in ("user_id", "batch_id", "session_id", "detail", "queue"):
            if field in truth["body"]:
                assert shape(body[field]) == shape(truth["body"][field])
                assert field == "queue" or body[field] == truth["body"][field]
    await bench.stop()


async def test_a_stranger_changes_nothing_of_others(bench: Bench) -> None:
    alice, bob, admin = [await person(bench, account) for account in (ALICE, BOB, ADMIN)]
    await alice.draw()
    await bench.idle()
    results = (await alice.ask("GET", f"{QUEUE}/i/1"))[1]["session"]["results"].values()
    (name,) = [result["image"]["image_name"] for result in results]
    image = f"/api/v1/images/i/{name}"
    assert (await alice.ask("GET", image))[0] == 200
    for path in (image, f"{image}/metadata", f"{image}/urls"):
        assert (await bob.ask("GET", path))[0] == 403
    assert (await bob.ask("DELETE", image))[0] == 403
    newest = bench.server.version.name == "6.14.2"
    assert (await bob.ask("GET", "/api/v1/images/"))[1]["total"] == (0 if newest else 1)
    assert (await bob.ask("POST", "/api/v1/images/star", {"image_names": [name]}))[0] == (
        200 if newest else 403
    )
    assert (await bench.http.get(f"{image}/full")).status == (401 if newest else 200)
    assert (await alice.ask("GET", image))[1]["starred"] is False
    assert (await bob.ask("DELETE", f"{QUEUE}/i/1"))[0] == 403
    assert (await bob.ask("PUT", f"{QUEUE}/retry_items_by_id", [1]))[0] == 403
    assert await bob.ask("PUT", f"{QUEUE}/prune") == (200, {"deleted": 0})
    await bob.draw()
    await bench.idle()
    assert await bob.ask("PUT", f"{QUEUE}/clear") == (200, {"deleted": 1})
    assert list(bench.server.queue.items) == [1]
    assert await admin.ask("PUT", f"{QUEUE}/clear") == (200, {"deleted": 1})


async def test_own_jobs_are_counted_apart(bench: Bench) -> None:
    alice, bob = await person(bench, ALICE), await person(bench, BOB)
    bench.free.clear()
    await alice.draw()
    await bench.running()
    await bob.draw()
    status = (await bob.ask("GET", f"{QUEUE}/status"))[1]["queue"]
    assert (status["pending"], status["in_progress"], status["item_id"]) == (1, 1, None)
    assert (status["user_pending"], status["user_in_progress"]) == (1, 0)
    assert (await alice.ask("GET", f"{QUEUE}/status"))[1]["queue"]["item_id"] == 1


async def test_each_hears_what_the_captured_listeners_heard() -> None:
    bench = Bench(accounts=[ADMIN, ALICE, BOB])
    await bench.start()
    admin, alice, bob = [await person(bench, account) for account in (ADMIN, ALICE, BOB)]
    async with ears(bench, admin, alice, bob) as heard:
        await alice.draw()
        for ear in heard:
            await ear.until("queue_item_status_changed", status="completed")
    for ear, name in zip(heard, ("admin", "alice", "bot-nonadmin"), strict=True):
        lines = (FIXTURES / "v6.14.2" / f"socket-mu-{name}.jsonl").read_text().splitlines()
        truth = [(line["event"], line["data"]) for line in map(json.loads, lines)]
        assert {event for event, _ in ear.heard} == {event for event, _ in truth}
        for event, payload in ear.heard:
            twin = next(data for name, data in truth if name == event)
            assert set(payload) == set(twin)
            telling = ("user_id", "batch_id", "origin", "session_id")
            assert [payload.get(key) == "redacted" for key in telling] == [
                twin.get(key) == "redacted" for key in telling
            ]
    await bench.stop()


async def test_a_stranger_hears_of_a_retry_without_its_number() -> None:
    bench = Bench(accounts=[ADMIN, ALICE, BOB])
    await bench.start()
    admin, alice, bob = [await person(bench, account) for account in (ADMIN, ALICE, BOB)]
    await alice.draw()
    await bench.idle()
    await admin.ask("PUT", f"{QUEUE}/processor/pause")
    await alice.draw()
    await alice.ask("PUT", f"{QUEUE}/i/2/cancel")
    async with ears(bench, admin, alice, bob) as heard:
        await alice.ask("PUT", f"{QUEUE}/retry_items_by_id", [2])
        told = [(await ear.until("queue_items_retried"))["retried_item_ids"] for ear in heard]
    assert told == [[2], [2], []]
    await bench.stop()


async def test_in_6_13_everyone_hears_that_one_has_cleared_his_own() -> None:
    for version, who in (("6.13.5", None), ("6.14.2", "redacted")):
        bench = Bench(version=version, accounts=[ALICE, BOB])
        await bench.start()
        alice, bob = await person(bench, ALICE), await person(bench, BOB)
        async with ears(bench, bob) as (ear,):
            await alice.ask("PUT", f"{QUEUE}/clear")
            assert (await ear.until("queue_cleared")).get("user_id") == who
        await bench.stop()


async def test_a_single_user_server_knows_no_login() -> None:
    bench = Bench()
    await bench.start()
    status, _, answer = await bench.seen("POST", LOGIN, {"email": "a@b.c", "password": "x"})
    assert (status, answer["detail"][:27]) == (403, "Multiuser mode is disabled.")
    assert (await bench.seen("GET", "/api/v1/auth/me"))[0] == 401
    assert bench.server.logins == []
    await bench.stop()
