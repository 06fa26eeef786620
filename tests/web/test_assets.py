"""Rules of the front end's files: pinned, ours to serve, and nothing inline."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from app.web.assets import htmx_integrity

_TEMPLATES = Path(__file__).parents[2] / "templates"


def test_htmx_is_the_genuine_2_0_3(client: Any) -> None:
    assert htmx_integrity() == "sha384-0895/pl2MU10Hqc6jd4RvrthNlDiE9U1tWmX7WRESftEDRosgxNsQG/Ze9YMRzHq"
    answer = client.get("/assets/htmx-2.0.3.js")
    assert answer.mimetype == "text/javascript"
    assert b'version:"2.0.3"' in answer.data


def test_page_names_its_scripts_with_their_fingerprints(signed_in: Any) -> None:
    page = signed_in.get("/").text
    assert f'integrity="{htmx_integrity()}"' in page
    assert re.search(r"/static/app\.js\?v=[0-9a-f]{12}", page)
    assert re.search(r"/static/app\.css\?v=[0-9a-f]{12}", page)
    assert "//cdn" not in page


def test_no_template_holds_an_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|\|\s*safe\b", re.I)
    found = {
        str(path.relative_to(_TEMPLATES)): inline.findall(path.read_text())
        for path in _TEMPLATES.rglob("*.html")
        if "email" not in path.parts and inline.search(path.read_text())
    }
    assert found == {}


def test_htmx_is_told_to_be_careful(signed_in: Any) -> None:
    page = signed_in.get("/").text
    for rule in ('"allowEval": false', '"selfRequestsOnly": true', '"includeIndicatorStyles": false',
                 '"historyCacheSize": 0', '{"code": "422", "swap": true}'):  # fmt: skip
        assert rule in page
    assert 'hx-headers=\'{"X-CSRFToken": "' in page


def test_script_stays_small() -> None:
    assert len((_TEMPLATES.parent / "static" / "app.js").read_text().splitlines()) <= 110
