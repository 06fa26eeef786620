"""Codes and tokens of the simulated Zoho accounts: their lives, their limits, and what kills them.

From Zoho's OAuth pages: a code lives 60 seconds and works once; an access token lives an hour; a user and client hold
20 refresh tokens at most; a refresh token makes 10 access tokens in 10 minutes. All times are the simulator's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.simulator.state import Row
from app.simulator.zoho_accounts.clients import client_of, has_secret, new_token

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

CODES, ACCESS_TOKENS, REFRESH_TOKENS = "zoho.code", "zoho.access_token", "zoho.refresh_token"
CODE_LIFE = timedelta(seconds=60)
ACCESS_TOKEN_LIFE = timedelta(hours=1)
MOST_REFRESH_TOKENS = 20
MOST_ACCESS_TOKENS = 10
WINDOW = timedelta(minutes=10)
_DENIED = (
    400,
    {
        "error_description": "You have made too many requests continuously. Please try again after some time.",
        "error": "Access Denied",
        "status": "failure",
    },
)
Answer = tuple[int, dict[str, Any]]


def grant_code(simulator: Simulator, user_id: str, asked: Mapping[str, str]) -> str:
    """A code for what a user has just consented to."""
    state = simulator.state
    with state.transaction():
        first = not _refresh_tokens(simulator, user_id, asked["client_id"])
        code = new_token()
        row: Row = {
            "id": code,
            "user_id": user_id,
            "client_id": asked["client_id"],
            "redirect_uri": asked["redirect_uri"],
            "scopes": [scope.strip() for scope in asked["scope"].split(",")],
            "offline": asked.get("access_type") == "offline" and (first or asked.get("prompt") == "consent"),
            "expires_at": (simulator.clock.now() + CODE_LIFE).isoformat(),
            "used": False,
        }
        state.put(CODES, code, row)
    return code


def exchange(simulator: Simulator, given: Mapping[str, str]) -> Answer:
    """Turn a code into tokens. Errors come with HTTP 200, as Zoho's do."""
    state = simulator.state
    problem = _client_problem(simulator, given)
    if problem:
        return problem
    with state.transaction():
        code = state.get(CODES, given.get("code", ""))
        if code is None or not _usable(simulator, code, given):
            return 200, {"error": "invalid_code"}
        state.put(CODES, code["id"], {**code, "used": True})
        grant = {name: code[name] for name in ("user_id", "client_id", "scopes")}
        refresh_token = _add_refresh_token(simulator, grant) if code["offline"] else ""
        content = _add_access_token(simulator, grant, refresh_token)
    return 200, {**content, **({"refresh_token": refresh_token} if refresh_token else {})}


def refresh(simulator: Simulator, given: Mapping[str, str]) -> Answer:
    """A new access token, without a refresh token. Too many in ten minutes: Access Denied, prolonged by each try."""
    state = simulator.state
    problem = _client_problem(simulator, given)
    if problem:
        return problem
    with state.transaction():
        grant = state.get(REFRESH_TOKENS, given.get("refresh_token", ""))
        if grant is None or grant["client_id"] != given["client_id"]:
            return 200, {"error": "invalid_code"}
        if not _spend(simulator, grant):
            return _DENIED
        return 200, _add_access_token(simulator, grant, grant["id"])


def revoke(simulator: Simulator, token: str) -> Answer:
    """Kill a refresh token with its access tokens, or one access token."""
    state = simulator.state
    with state.transaction():
        if state.get(REFRESH_TOKENS, token) is not None:
            kill(simulator, token)
        elif state.get(ACCESS_TOKENS, token) is not None:
            state.delete(ACCESS_TOKENS, token)
        else:
            return 400, {"error": "invalid_token"}
    return 200, {"status": "success"}


def kill(simulator: Simulator, refresh_token: str) -> None:
    """Remove a refresh token and every access token made from it, as the user may do in Zoho at any time."""
    state = simulator.state
    with state.transaction():
        for row in state.find(ACCESS_TOKENS, "refresh_token", refresh_token):
            state.delete(ACCESS_TOKENS, row["id"])
        state.delete(REFRESH_TOKENS, refresh_token)


def kill_all(simulator: Simulator, user_id: str) -> int:
    """Remove every refresh token of a user; how many there were."""
    rows = simulator.state.find(REFRESH_TOKENS, "user_id", user_id)
    for row in rows:
        kill(simulator, row["id"])
    return len(rows)


def expire_access_tokens(simulator: Simulator) -> None:
    """Make every access token useless at once, as if its hour were over."""
    state = simulator.state
    with state.transaction():
        for row in state.all(ACCESS_TOKENS):
            state.delete(ACCESS_TOKENS, row["id"])


def _client_problem(simulator: Simulator, given: Mapping[str, str]) -> Answer | None:
    client = client_of(simulator.state, given.get("client_id", ""))
    if client is None or not has_secret(client, given.get("client_secret", "")):
        return 200, {"error": "invalid_client"}
    return None


def _usable(simulator: Simulator, code: Row, given: Mapping[str, str]) -> bool:
    return (
        not code["used"]
        and code["client_id"] == given["client_id"]
        and code["redirect_uri"] == given.get("redirect_uri")
        and datetime.fromisoformat(code["expires_at"]) > simulator.clock.now()
    )


def _refresh_tokens(simulator: Simulator, user_id: str, client_id: str) -> list[Row]:
    rows = simulator.state.find(REFRESH_TOKENS, "user_id", user_id)
    return [row for row in rows if row["client_id"] == client_id]


def _add_refresh_token(simulator: Simulator, grant: Row) -> str:
    live = sorted(_refresh_tokens(simulator, grant["user_id"], grant["client_id"]), key=lambda row: row["order"])
    for oldest in live[: max(0, len(live) - MOST_REFRESH_TOKENS + 1)]:
        kill(simulator, oldest["id"])
    token = new_token()
    row: Row = {
        **grant,
        "id": token,
        "order": simulator.state.bump("zoho.refresh_token"),
        "made": [simulator.clock.now().isoformat()],
        "denied_until": "",
    }
    simulator.state.put(REFRESH_TOKENS, token, row)
    return token


def _spend(simulator: Simulator, grant: Row) -> bool:
    """Count one access token against the ten in ten minutes; False, and a longer wait, when they are used up."""
    now = simulator.clock.now()
    made = [made for made in grant["made"] if now - WINDOW < datetime.fromisoformat(made) <= now]
    denied = bool(grant["denied_until"]) and now < datetime.fromisoformat(grant["denied_until"]) <= now + WINDOW
    if denied or len(made) >= MOST_ACCESS_TOKENS:
        changed = {**grant, "made": made, "denied_until": (now + WINDOW).isoformat()}
    else:
        changed = {**grant, "made": [*made, now.isoformat()], "denied_until": ""}
    simulator.state.put(REFRESH_TOKENS, grant["id"], changed)
    return not changed["denied_until"]


def _add_access_token(simulator: Simulator, grant: Row, refresh_token: str) -> Row:
    token = new_token()
    row: Row = {
        "id": token,
        "user_id": grant["user_id"],
        "client_id": grant["client_id"],
        "scopes": grant["scopes"],
        "refresh_token": refresh_token,
        "expires_at": (simulator.clock.now() + ACCESS_TOKEN_LIFE).isoformat(),
    }
    simulator.state.put(ACCESS_TOKENS, token, row)
    return {
        "access_token": token,
        "api_domain": f"{simulator.base_url}/zohoapis",
        "token_type": "Bearer",
        "expires_in": int(ACCESS_TOKEN_LIFE.total_seconds()),
    }
