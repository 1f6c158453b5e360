"""Set-up links work once, sessions end when they should, and the store keeps only hashes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from console.access import accounts
from console.access.limit import Attempts
from console.serve import first_link
from tasuki.clock import FixedClock
from tasuki.errors import ConfigError, UnknownRecordError
from tasuki.service import accounts as rows
from tests.console.conftest import NOW, PASSWORD

if TYPE_CHECKING:
    from tests.console.conftest import House

SECRET = "another long sentence"


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


def test_a_link_sets_a_password_once(house: House) -> None:
    """The first use sets the password and ends older sessions; the second is refused."""
    old = accounts.open_session(house.app, "marketer")
    token = token_of(accounts.setup_link(house.app, "marketer"))
    assert accounts.set_password(house.app, token, SECRET, SECRET).role == "marketer"
    assert accounts.signed_in(house.app, old) is None
    assert accounts.sign_in(house.app, "marketer", SECRET)
    assert accounts.sign_in(house.app, "marketer", PASSWORD) is None
    with pytest.raises(UnknownRecordError, match="no longer works"):
        accounts.set_password(house.app, token, SECRET, SECRET)


def test_a_link_runs_out(house: House) -> None:
    """After a day the link is worth nothing."""
    token = token_of(accounts.setup_link(house.app, "marketer"))
    house.clock.at += accounts.LINK_LASTS
    assert accounts.find_link(house.app, token) is None
    assert house.client().get(f"/set-up/{token}").text.count("no longer works") == 1


def test_a_newer_link_takes_the_place_of_an_older_one(house: House) -> None:
    """Only the last link of a login works."""
    older = token_of(accounts.setup_link(house.app, "marketer"))
    newer = token_of(accounts.setup_link(house.app, "marketer"))
    assert accounts.find_link(house.app, older) is None
    assert accounts.find_link(house.app, newer)


def test_nobody_unknown_gets_a_link(house: House) -> None:
    """A login that tasuki.yaml does not declare is refused with the way to declare it."""
    with pytest.raises(UnknownRecordError, match="declares no user `mallory`") as caught:
        accounts.setup_link(house.app, "mallory")
    assert "users:" in caught.value.remedy


@pytest.mark.parametrize(
    ("password", "again", "why"),
    [
        ("short", "short", "fewer than 12"),
        ("marketer is my name", "marketer is my name", "holds the login"),
        (SECRET, SECRET + "!", "differ"),
    ],
)
def test_a_bad_password_leaves_the_link_working(
    house: House, password: str, again: str, why: str
) -> None:
    """A password nobody should use is refused with the reason, and the link is not used up."""
    token = token_of(accounts.setup_link(house.app, "marketer"))
    with pytest.raises(ConfigError) as caught:
        accounts.set_password(house.app, token, password, again)
    assert why in caught.value.why
    assert accounts.find_link(house.app, token)
    answer = house.client().post(f"/set-up/{token}", data={"password": password, "again": again})
    assert answer.headers["location"].startswith(f"/set-up/{token}?failed=")


def test_the_first_start_lets_exactly_one_admin_in(house: House) -> None:
    """A link is made only while no admin can sign in; there is never a default password."""
    assert first_link(house.app, "http://here") is None
    rows.set_active(house.app, "admin", active=False)
    link = first_link(house.app, "http://here")
    assert link
    assert link.startswith("http://here/set-up/")
    answer = house.client().post(
        link.removeprefix("http://here"), data={"password": SECRET, "again": SECRET}
    )
    assert answer.headers["location"] == "/overview"
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    assert first_link(house.app, "http://here") is None


def test_sessions_end(house: House) -> None:
    """Signing out, being signed out, being shut out and time each end a session at once."""
    app = house.app

    def ended_by(act: object) -> bool:
        token = accounts.open_session(app, "manager")
        assert accounts.signed_in(app, token)
        act(token) if callable(act) else None
        return accounts.signed_in(app, token) is None

    def wait(_token: str) -> None:
        house.clock.at += accounts.SESSION_LASTS

    assert ended_by(lambda token: accounts.sign_out(app, token))
    assert ended_by(lambda _: house.client("admin").post("/people/manager/revoke"))
    assert ended_by(wait)
    assert ended_by(lambda _: house.client("admin").post("/people/manager/shut-out"))
    assert accounts.sign_in(app, "manager", PASSWORD) is None
    house.client("admin").post("/people/manager/let-in")
    assert accounts.sign_in(app, "manager", PASSWORD)


def test_an_admin_cannot_shut_themselves_out(house: House) -> None:
    """Somebody is always left who can let others in."""
    assert house.client("admin").post("/people/admin/shut-out").status_code == 409


def test_the_store_keeps_no_token_and_no_password(house: House) -> None:
    """What lies in the store opens no door."""
    token = accounts.sign_in(house.app, "viewer", PASSWORD)
    link = token_of(accounts.setup_link(house.app, "viewer"))
    with house.app.store.reading() as db:
        for table in ("session", "setup_link", "console_user", "audit"):
            kept = str(db.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert token not in kept
            assert link not in kept
            assert PASSWORD not in kept
        assert "$argon2id$" in str(db.exec_driver_sql("SELECT * FROM console_user").all())


def test_signing_in_is_slowed_down(house: House) -> None:
    """After five wrong tries the right password waits as well, for five minutes."""
    client = house.client()

    def attempt(password: str) -> str:
        answer = client.post("/sign-in", data={"login": "viewer", "password": password})
        return str(answer.headers["location"])

    assert [attempt("wrong")[:21] for _ in range(5)] == ["/sign-in?failed=wrong"] * 5
    assert attempt(PASSWORD).startswith("/sign-in?failed=wait")
    house.clock.at += timedelta(minutes=5, seconds=1)
    assert attempt(PASSWORD) == "/overview"


def test_attempts_count_per_login_and_per_address() -> None:
    """One login gets five tries, one address four times as many, over all its logins."""
    attempts = Attempts(FixedClock(NOW))
    for n in range(20):
        assert attempts.begin((f"login:{n}", "from:1.2.3.4")) is None
    assert attempts.begin(("login:fresh", "from:1.2.3.4"))
    assert attempts.begin(("login:fresh", "from:5.6.7.8")) is None


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example", "/\\evil", "/sign-in", "", "/a\r\nb"]
)
def test_signing_in_never_leads_away(house: House, onward: str) -> None:
    """A foreign address in `next` is dropped."""
    data = {"login": "viewer", "password": PASSWORD, "next": onward}
    assert house.client().post("/sign-in", data=data).headers["location"] == "/overview"


def test_roles_follow_the_project(house: House) -> None:
    """When tasuki.yaml gives somebody another role, they have it from the next start."""
    rows.set_role(house.app, "marketer", "admin")
    accounts.follow_project(house.app)
    account = rows.account(house.app, "marketer")
    assert account
    assert account.role == "marketer"


def test_who_is_shut_out_does_not_come_back_by_an_old_link(house: House) -> None:
    """A set-up link that was still waiting ends with the account."""
    token = token_of(accounts.setup_link(house.app, "marketer"))
    rows.set_active(house.app, "marketer", active=False)
    with pytest.raises(UnknownRecordError, match="no longer works"):
        accounts.set_password(house.app, token, SECRET, SECRET)
    assert accounts.sign_in(house.app, "marketer", SECRET) is None


def test_one_good_account_buys_no_guesses_at_others() -> None:
    """Signing in between guesses does not reset what the address has used up."""
    tries = Attempts(FixedClock(NOW))
    allowed = 0
    for number in range(200):
        allowed += tries.begin([f"login:{number % 50}", "from:1"]) is None
        mine = ["login:insider", "from:1"]
        if tries.begin(mine) is None:
            tries.succeeded(mine)
    assert allowed <= 4 * tries.limit


def test_old_tries_are_forgotten_even_when_none_is_left() -> None:
    """A key whose tries all ran out while its address had to wait does not break anything."""
    clock = FixedClock(NOW)
    tries = Attempts(clock)
    tries.begin(["login:x", "from:1"])
    clock.at += tries.window
    for number in range(21):
        tries.begin([f"login:{number}", "from:2"])
    assert tries.begin(["login:x", "from:2"])
    for number in range(10_001):
        tries.begin([f"login:n{number}", f"from:n{number}"])
    clock.at += tries.window
    assert tries.begin(["login:x", "from:9"]) is None
    assert len(tries.failures) == 2
