"""The consent page: who signs in, what is asked for, **Accept** and **Deny**. It works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Response, redirect, render_template_string

from app.simulator.zoho_accounts.clients import SCOPES, client_of
from app.simulator.zoho_accounts.tokens import grant_code
from app.simulator.zoho_books.organizations import USERS

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.simulator.simulated import Simulator

LOCATION = "simulator"
_ASKED = ("response_type", "client_id", "redirect_uri", "scope", "access_type", "prompt", "state")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }} - simulated Zoho</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; color: #1d2433 }
fieldset { border: 1px solid #c9cfda; border-radius: 6px; margin: 1rem 0 }
button { font: inherit; padding: .5rem 1.25rem; border-radius: 6px; border: 1px solid #55607a; margin-right: .5rem }
button[value=accept] { background: #1a5fb4; border-color: #1a5fb4; color: #fff }
small { color: #55607a }
</style></head><body><main>
<h1>{{ title }}</h1>
{% if problem %}<p>{{ problem }}</p>{% else %}
<p>The application <strong>{{ asked.client_id }}</strong> would like to access your Zoho Books.</p>
<form method="post">
{% for name, value in asked.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<fieldset><legend>Signed in as</legend>
{% for user in users %}<p><label><input type="radio" name="user_id" value="{{ user.id }}" required
 {%- if user.id == chosen %} checked{% endif %}> {{ user.name }} ({{ user.email }})</label></p>{% endfor %}
</fieldset>
<fieldset><legend>It asks for</legend><ul>{% for scope in scopes %}<li>{{ scope }}</li>{% endfor %}</ul></fieldset>
<p><button name="decision" value="accept">Accept</button><button name="decision" value="deny">Deny</button></p>
</form>{% endif %}
<p><small>This is a simulator. Nothing here reaches the real Zoho.</small></p>
</main></body></html>"""


def show(simulator: Simulator, given: Mapping[str, str]) -> Response:
    """The page for an authorization request, or a page that says what is wrong with it."""
    problem = _problem(simulator, given)
    if problem:
        return _page(400, title="Invalid request", problem=problem)
    users = simulator.state.all(USERS)
    hint = [user["id"] for user in users if user["email"] == given.get("login_hint")]
    chosen = (hint or [user["id"] for user in users] or [""])[0]
    return _page(
        200,
        title="Allow access?",
        asked={name: given[name] for name in _ASKED if name in given},
        scopes=given["scope"].split(","),
        users=users,
        chosen=chosen,
    )


def decide(simulator: Simulator, given: Mapping[str, str]) -> AnyResponse:
    """Follow the person's decision back to the application: with a code, or with `error=access_denied`."""
    problem = _problem(simulator, given)
    user = simulator.state.get(USERS, given.get("user_id", ""))
    if problem:
        return _page(400, title="Invalid request", problem=problem)
    if given.get("decision") != "accept":
        return _back(given, {"error": "access_denied"})
    if user is None:
        return _page(400, title="Invalid request", problem="Choose who signs in.")
    answer = {
        "code": grant_code(simulator, user["id"], given),
        "location": LOCATION,
        "accounts-server": f"{simulator.base_url}/accounts",
    }
    return _back(given, answer)


def _back(given: Mapping[str, str], answer: dict[str, str]) -> AnyResponse:
    state = {"state": given["state"]} if "state" in given else {}
    joint = "&" if "?" in given["redirect_uri"] else "?"
    return redirect(f"{given['redirect_uri']}{joint}{urlencode({**state, **answer})}", 302)


def _problem(simulator: Simulator, given: Mapping[str, str]) -> str:
    client = client_of(simulator.state, given.get("client_id", ""))
    if client is None:
        return "Invalid Client: no application is registered with this client id."
    if given.get("redirect_uri") not in client["redirect_uris"]:
        return "Invalid Redirect Uri: it must be exactly one of those registered for this client."
    if given.get("response_type") != "code":
        return "Invalid response type: only response_type=code is known."
    unknown = {scope.strip() for scope in given.get("scope", "").split(",")} - SCOPES
    return f"Scope does not exist: {', '.join(sorted(unknown)) or 'none given'}." if unknown else ""


def _page(status: int, **content: object) -> Response:
    html = render_template_string(_PAGE, **content)
    return Response(html, status=status, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
