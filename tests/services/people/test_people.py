"""Rules: how people come in, and how the wrong ones don't."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.clock import ManualClock
from app.services.people import passwords, people, sign_ins
from app.services.people.people import SetupOffer
from app.services.refusals import Refusal
from app.store.db import read, write
from app.store.people import OneTimeLink, SignIn, User

GOOD = "seven quiet copper kettles"
HERE = "192.0.2.1"


def test_password_is_kept_as_argon2id_of_19_mib(context: Flask, clock: ManualClock) -> None:
    person = people.create_user(clock, "owner@example.com", GOOD)
    with read() as session:
        stored = session.get_one(User, person.id).password_hash
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert GOOD not in stored


@pytest.mark.parametrize(
    "password",
    ["short one", "password1234", "123456789012", "aaaaaaaaaaaaaaaa", "Password-2026!", "qwertyuiop123", "owner.owner1",
     "letmein12345", "1q1q1q1q1q1q", "tieout-tieout-1", "x" * 201],
)  # fmt: skip
def test_guessable_password_is_refused_at_its_field(password: str) -> None:
    with pytest.raises(Refusal) as refused:
        passwords.check_new(password, "owner.owner@example.com")
    assert set(refused.value.problems) == {"password"}


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "kX9#mQ2$vL7!",
        "пароль из четырёх слов",
        "  spaces  count too ",
        "正しい馬バッテリーホッチキス",
        "y" + "ab cde" * 33,
    ],
)
def test_long_enough_password_of_any_letters_is_taken(password: str) -> None:
    passwords.check_new(password, "owner@example.com")
    assert passwords.matches(password, passwords.hash_of(password))


def test_password_is_not_cut_off_on_the_way(context: Flask) -> None:
    stored = passwords.hash_of("a long sentence " * 12)
    assert not passwords.matches("a long sentence " * 11, stored)


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "two@@example.com", "new\nline@example.com", "x" * 260])
def test_what_is_no_email_is_refused(email: str) -> None:
    with pytest.raises(Refusal) as refused:
        people.plain_email(email)
    assert set(refused.value.problems) == {"email"}


def test_same_email_in_other_case_is_the_same_person(context: Flask, clock: ManualClock) -> None:
    people.create_user(clock, "Owner@Example.com", GOOD)
    with pytest.raises(Refusal, match="here already"):
        people.create_user(clock, "owner@example.com", GOOD)


def test_accountant_needs_a_business_to_be_one_in(context: Flask, clock: ManualClock) -> None:
    with pytest.raises(Refusal) as refused:
        people.create_user(clock, "reader@example.com", GOOD, "accountant")
    assert set(refused.value.problems) == {"business"}


def test_setup_token_works_once(context: Flask, clock: ManualClock) -> None:
    token = people.offer_setup(clock)
    assert token is not None
    people.create_first_owner(clock, token, "owner@example.com", GOOD)
    with pytest.raises(Refusal):
        people.create_first_owner(clock, token, "second@example.com", GOOD)
    assert people.offer_setup(clock) is None


def test_setup_token_is_worthless_after_30_minutes(context: Flask, clock: ManualClock) -> None:
    token = people.offer_setup(clock) or ""
    clock.advance(timedelta(minutes=30))
    with pytest.raises(Refusal) as refused:
        people.create_first_owner(clock, token, "owner@example.com", GOOD)
    assert set(refused.value.problems) == {"token"}


def test_restart_offers_the_configured_setup_token_again(context: Flask, clock: ManualClock) -> None:
    assert people.offer_setup(clock, "chosen") == "chosen"
    clock.advance(timedelta(hours=2))
    assert people.offer_setup(clock, "chosen") == "chosen"
    assert people.create_first_owner(clock, "chosen", "owner@example.com", GOOD).email == "owner@example.com"


def test_configured_setup_token_works_without_having_been_printed(context: Flask, clock: ManualClock) -> None:
    offer = SetupOffer("chosen", clock.now())
    with pytest.raises(Refusal):
        people.create_first_owner(clock, "", "owner@example.com", GOOD, SetupOffer("", clock.now()))
    assert people.create_first_owner(clock, "chosen", "owner@example.com", GOOD, offer).id


def test_twenty_setups_at_once_make_one_owner(app: Flask, clock: ManualClock) -> None:
    with app.app_context():
        token = people.offer_setup(clock) or ""

    def attempt(number: int) -> bool:
        with app.app_context():
            try:
                people.create_first_owner(clock, token, f"owner{number}@example.com", GOOD)
            except Refusal:
                return False
            return True

    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(attempt, range(20)))
    assert made.count(True) == 1
    with app.app_context(), read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 1


def test_right_password_signs_in_and_only_a_hash_of_the_token_is_kept(context: Flask, clock: ManualClock) -> None:
    person = people.create_user(clock, "owner@example.com", GOOD)
    token = sign_ins.check_login(clock, " Owner@example.com ", GOOD, HERE)
    found = sign_ins.visitor(clock, token)
    assert found is not None
    assert found.user_id == person.id
    with read() as session:
        row = session.scalars(sa.select(SignIn)).one()
    assert token not in (row.token_hash, row.address)
    assert row.token_hash == found.sign_in


def test_unknown_email_and_wrong_password_get_the_same_answer(context: Flask, clock: ManualClock) -> None:
    people.create_user(clock, "owner@example.com", GOOD)
    answers = set()
    for email in ("owner@example.com", "nobody@example.com"):
        with pytest.raises(Refusal) as refused:
            sign_ins.check_login(clock, email, "not the password", HERE)
        answers.add((refused.value.sentence, tuple(refused.value.problems)))
    assert len(answers) == 1


def test_unknown_email_costs_a_hash_as_well(
    context: Flask, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = passwords._hasher.verify

    def watched(given: str, kept: str) -> bool:
        checked.append(kept)
        return real(given, kept)

    monkeypatch.setattr(passwords._hasher, "verify", watched)
    with pytest.raises(Refusal):
        sign_ins.check_login(clock, "nobody@example.com", GOOD, HERE)
    assert [kept[:9] for kept in checked] == ["$argon2id"]


def _guess(clock: ManualClock, email: str, address: str) -> str:
    with pytest.raises(Refusal) as refused:
        sign_ins.check_login(clock, email, "wrong wrong wrong", address)
    return refused.value.sentence


def test_a_thousand_guesses_in_15_minutes_try_at_most_ten(context: Flask, clock: ManualClock) -> None:
    people.create_user(clock, "owner@example.com", GOOD)
    tried = 0
    for _ in range(1000):
        tried += "Too many" not in _guess(clock, "owner@example.com", HERE)
        clock.advance(timedelta(seconds=0.9))
    assert 5 <= tried <= 10


def test_owner_gets_in_from_elsewhere_while_someone_guesses(context: Flask, clock: ManualClock) -> None:
    people.create_user(clock, "owner@example.com", GOOD)
    for _ in range(30):
        _guess(clock, "owner@example.com", HERE)
    assert "Too many failed tries. Try again in" in _guess(clock, "owner@example.com", HERE)
    assert sign_ins.check_login(clock, "owner@example.com", GOOD, "198.51.100.7")


def test_one_address_can_not_go_through_all_accounts(context: Flask, clock: ManualClock) -> None:
    answers = [_guess(clock, f"person{number}@example.com", HERE) for number in range(25)]
    assert "Too many" not in answers[19]
    assert "Too many" in answers[20]


def test_nobody_is_locked_out_for_good(context: Flask, clock: ManualClock) -> None:
    people.create_user(clock, "owner@example.com", GOOD)
    for _ in range(40):
        _guess(clock, "owner@example.com", HERE)
        clock.advance(timedelta(minutes=1))
    clock.advance(sign_ins.LONGEST_WAIT)
    assert sign_ins.check_login(clock, "owner@example.com", GOOD, HERE)


def test_failures_are_kept_without_the_email_typed(context: Flask, clock: ManualClock) -> None:
    _guess(clock, "my-password-by-mistake@example.com", HERE)
    with read() as session:
        subjects = " ".join(session.scalars(sa.text("SELECT subject FROM login_attempts")))
    assert "mistake" not in subjects
    assert HERE not in subjects


@pytest.mark.parametrize("idle", [timedelta(hours=1, minutes=59), timedelta(hours=2)])
def test_sign_in_ends_after_two_idle_hours(context: Flask, clock: ManualClock, idle: timedelta) -> None:
    person = people.create_user(clock, "owner@example.com", GOOD)
    token = people.sign_in(clock, person.id, HERE)
    clock.advance(idle)
    assert (sign_ins.visitor(clock, token) is not None) == (idle < sign_ins.IDLE)


def test_sign_in_ends_after_twelve_hours_of_work(context: Flask, clock: ManualClock) -> None:
    person = people.create_user(clock, "owner@example.com", GOOD)
    token = people.sign_in(clock, person.id, HERE)
    hours = 0
    while sign_ins.visitor(clock, token) is not None:
        clock.advance(timedelta(hours=1))
        hours += 1
    assert hours == 12


def test_disabled_person_is_out_at_once(context: Flask, clock: ManualClock) -> None:
    person = people.create_user(clock, "owner@example.com", GOOD)
    token = people.sign_in(clock, person.id, HERE)
    with write() as session:
        session.get_one(User, person.id).disabled_at = clock.now()
    assert sign_ins.visitor(clock, token) is None
    assert "belong together" in _with_password(clock)


def _with_password(clock: ManualClock) -> str:
    with pytest.raises(Refusal) as refused:
        sign_ins.check_login(clock, "owner@example.com", GOOD, HERE)
    return refused.value.sentence


def test_sign_in_link_works_once_and_for_half_an_hour(context: Flask, clock: ManualClock) -> None:
    person = people.create_user(clock, "owner@example.com", GOOD)
    first, second = (people.create_sign_in_link(clock, person.id).rpartition("/")[2] for _ in range(2))
    assert people.sign_in_link_works(clock, first)
    assert people.use_sign_in_link(clock, first, HERE)
    assert not people.sign_in_link_works(clock, first)
    with pytest.raises(Refusal):
        people.use_sign_in_link(clock, first, HERE)
    clock.advance(timedelta(minutes=31))
    with pytest.raises(Refusal):
        people.use_sign_in_link(clock, second, HERE)


def test_old_traces_are_forgotten(
    context: Flask, clock: ManualClock, everything: Callable[[], dict[str, list[object]]]
) -> None:
    person = people.create_user(clock, "owner@example.com", GOOD)
    _guess(clock, "owner@example.com", HERE)
    people.create_sign_in_link(clock, person.id)
    people.sign_in(clock, person.id, HERE)
    clock.advance(timedelta(days=31))
    sign_ins.forget_old(clock)
    with read() as session:
        left = [session.scalar(sa.select(sa.func.count()).select_from(kind)) for kind in (SignIn, OneTimeLink)]
    assert left == [0, 0]
    assert everything()["login_attempts"] == []
