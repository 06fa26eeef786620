"""The simulated world as the demo rules it: its JSON switches, and its consent page answered as a person would."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from app.demo.problems import DemoProblem

_SECONDS = 30


class Simulated:
    """The simulator at `url`. DemoProblem if it doesn't do what it is told."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of this machine has no business on loopback

    def tell(self, switch: str, **body: Any) -> dict[str, Any]:
        """Use one of its switches and answer what it says."""
        answer = self._session.post(f"{self.url}/__control/{switch}", json=body, timeout=_SECONDS)
        if answer.status_code != 200:
            raise DemoProblem(f"The simulator refused {switch!r}: {answer.text[:300]}")
        said: dict[str, Any] = answer.json()
        return said

    def truth(self, what: str) -> dict[str, Any]:
        """What really is, as the simulator tells it."""
        answer = self._session.get(f"{self.url}/__truth/{what}", timeout=_SECONDS)
        if answer.status_code != 200:
            raise DemoProblem(f"The simulator doesn't tell of {what!r}: {answer.text[:300]}")
        said: dict[str, Any] = answer.json()
        return said

    def set_limits(self, organizations: list[str], *, on: bool) -> None:
        """Zoho's limits of calls a minute and a day, as its Standard plan has them, or none."""
        for organization in organizations:
            self.tell(
                "limits",
                organization_id=organization,
                calls_per_minute=100 if on else 0,
                calls_per_day=2_000 if on else 0,
            )

    def consent(self, url: str) -> dict[str, str]:
        """Press Accept on the consent page at `url`; the query of the address that it leads back to."""
        page = self._session.get(url, timeout=_SECONDS).text
        fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
        user = re.search(r'name="user_id" value="([^"]+)"', page)
        sent = fields | {"user_id": user[1] if user else "", "decision": "accept"}
        answer = self._session.post(url, data=sent, allow_redirects=False, timeout=_SECONDS)
        if "Location" not in answer.headers:
            raise DemoProblem(f"The simulated consent page did not lead back (HTTP {answer.status_code}).")
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()
