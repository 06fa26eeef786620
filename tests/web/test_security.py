"""Rules that hold on every route: who gets in, which headers go out, and that nothing changes unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.services.business import businesses
from app.services.outside import Outside
from app.web import guards
from app.web.csrf import protection

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}


EXEMPT = {"webhooks.receive"}
"""What a machine sends, which has no cookie: its signature tells who it is."""


def routes(app: Flask, method: str) -> Iterator[tuple[Rule, str]]:
    """Every route that takes `method`, with an address on it."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            values: dict[str, Any] = {name: 1 if name.endswith("id") else "kopi-house" for name in rule.arguments}
            values |= {"filename": "app.css"} if "filename" in rule.arguments else {}
            yield rule, adapter.build(rule.endpoint, values, method=method)


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    silent = [rule.endpoint for rule in app.url_map.iter_rules() if guards.declared(app, rule.endpoint) is None]
    assert silent == []


def test_route_that_declares_nothing_is_denied(make_app: Callable[..., Flask], sign_in: Callable[..., Any]) -> None:
    browser = sign_in()
    app = browser.client.application
    app.view_functions["health.show"] = lambda: "open"
    assert browser.get("/healthz").status_code == 403


def test_only_doors_and_files_are_public(app: Flask) -> None:
    public = {
        rule.endpoint for rule in app.url_map.iter_rules() if guards.declared(app, rule.endpoint) == guards.PUBLIC
    }
    assert public <= {
        "static", "bootstrap.static", "assets.htmx", "health.show", "health.metrics", "setup.show", "setup.send",
        "login.show", "login.send", "login.link", "login.use_link", "webhooks.receive",
    }  # fmt: skip


def test_fresh_install_leads_everybody_to_the_setup(app: Flask, client: Any) -> None:
    for rule, address in routes(app, "GET"):
        if guards.declared(app, rule.endpoint) != guards.PUBLIC:
            answer = client.get(address)
            assert (answer.status_code, answer.headers["Location"]) == (303, "/setup"), rule
    assert client.get("/login").headers["Location"] == "/setup"


def test_signed_out_person_is_sent_to_sign_in_and_comes_back(app: Flask, signed_in: Any) -> None:
    stranger = app.test_client()
    for rule, address in routes(app, "GET"):
        if guards.declared(app, rule.endpoint) != guards.PUBLIC:
            answer = stranger.get(address)
            assert answer.status_code == 303, rule
            assert answer.headers["Location"].startswith("/login?next="), rule


def test_expired_sign_in_inside_a_fragment_leads_the_whole_page_away(app: Flask, signed_in: Any) -> None:
    stranger = app.test_client()
    for rule, address in routes(app, "GET"):
        if guards.declared(app, rule.endpoint) != guards.PUBLIC:
            answer = stranger.get(address, headers={"HX-Request": "true"})
            assert answer.headers["HX-Redirect"] == "/login?expired=1", rule
            assert answer.text == ""
    answer = stranger.post("/logout", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/login?expired=1"


def test_writing_without_csrf_token_changes_nothing(
    app: Flask, outside: Outside, signed_in: Any, everything: Callable[[], object]
) -> None:
    with app.app_context():
        businesses.create(outside, "Kopi House", "Asia/Singapore", owner_id=1)
    before = everything()
    for rule, address in routes(app, "POST"):
        if rule.endpoint in EXEMPT:
            continue
        assert signed_in.client.post(address).status_code == 400, rule
        assert signed_in.client.post(address, headers={"HX-Request": "true"}).status_code == 400, rule
    assert everything() == before


def test_only_webhooks_need_no_csrf_token(app: Flask) -> None:
    assert protection._exempt_views == {"app.web.webhooks.receive"}
    assert protection._exempt_blueprints == set()


def test_token_of_another_session_is_worthless(app: Flask, sign_in: Callable[..., Any]) -> None:
    one, other = sign_in(), sign_in("second@example.com")
    answer = one.client.post("/logout", headers={"X-CSRFToken": other.token()})
    assert answer.status_code == 400
    assert one.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
     {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}],
)  # fmt: skip
def test_writing_from_another_site_is_refused_even_with_a_token(
    app: Flask, signed_in: Any, headers: dict[str, str]
) -> None:
    for rule, address in routes(app, "POST"):
        answer = signed_in.client.post(address, headers={"X-CSRFToken": signed_in.token(), **headers})
        assert answer.status_code == 403, rule


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1:8000"}])
def test_writing_from_our_own_page_is_taken(signed_in: Any, headers: dict[str, str]) -> None:
    assert signed_in.post("/logout", headers=headers).status_code == 303


def test_reading_changes_nothing(
    app: Flask, outside: Outside, signed_in: Any, everything: Callable[[], object]
) -> None:
    with app.app_context():
        businesses.create(outside, "Kopi House", "Asia/Singapore", owner_id=1)
    before = everything()
    for rule, address in routes(app, "GET"):
        if not rule.endpoint.startswith("oauth"):
            assert signed_in.get(address).status_code in {200, 204, 303, 403, 404}, rule
    assert everything() == before


def test_security_headers_are_on_every_answer(app: Flask, signed_in: Any) -> None:
    answers = [(address, signed_in.get(address)) for _rule, address in routes(app, "GET")]
    answers += [("/nowhere", signed_in.get("/nowhere")), ("/logout", signed_in.get("/logout"))]
    answers += [("no token", signed_in.client.post("/logout"))]
    for address, answer in answers:
        if address.startswith("/oauth"):
            continue  # the consent window's own rule is below
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, address
        assert "Strict-Transport-Security" not in answer.headers


def test_consent_window_keeps_its_opener_and_nothing_else_is_loosened(signed_in: Any) -> None:
    answer = signed_in.get("/oauth/zoho/callback")
    loosened = {name for name, value in HEADERS.items() if answer.headers.get(name) != value}
    assert loosened == {"Cross-Origin-Opener-Policy"}
    assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


def test_pages_are_not_stored_and_vary_by_htmx(signed_in: Any) -> None:
    for address in ("/", "/login", "/nowhere", "/healthz"):
        answer = signed_in.get(address)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "HX-Request" in answer.headers["Vary"]


def test_files_may_be_kept(client: Any) -> None:
    for address in ("/static/app.css", "/assets/htmx-2.0.3.js", "/bootstrap/static/css/bootstrap.min.css"):
        answer = client.get(address)
        assert answer.cache_control.max_age, address
        assert "no-store" not in answer.headers["Cache-Control"]


def test_https_install_hides_its_cookie_and_asks_for_https_only(make_app: Callable[..., Flask], database: Any) -> None:
    client = make_app(public_url="https://books.example.com").test_client()
    answer = client.get("/setup", base_url="https://books.example.com")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-tieout=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_cookie_on_this_machine_is_still_out_of_reach_of_scripts(client: Any) -> None:
    cookie = client.get("/setup").headers["Set-Cookie"]
    assert cookie.startswith("tieout=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_too_large_a_form_is_refused_in_words(signed_in: Any) -> None:
    answer = signed_in.post("/login", {"email": "x" * 300_000})
    assert answer.status_code == 413
    assert "That was too much at once." in answer.text


def test_failure_inside_shows_no_more_than_that(app: Flask, signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object) -> None:
        raise RuntimeError("SELECT secret FROM connections")

    monkeypatch.setattr(businesses, "of_member", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = signed_in.client.get("/")
    assert answer.status_code == 500
    assert "Tieout made a mistake." in answer.text
    assert "SELECT" not in answer.text
    assert signed_in.client.get("/", headers={"HX-Request": "true"}).text.startswith('<div class="notice')


def test_error_inside_a_fragment_is_a_fragment(signed_in: Any) -> None:
    answer = signed_in.htmx("/nowhere")
    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert "There is no such page." in answer.text
