"""Every page there is, at two widths and in two colour schemes: nothing wrong, nothing cut off, nothing out of reach.

The pages come from the URL map, so a new one is walked as soon as it exists. What each looked like is left in
`artifacts/pages/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.routing import Rule

from tests.walk.conftest import Town

PICTURES = Path(__file__).parents[2] / "artifacts" / "pages"
SIZES = {"wide": (1280, 900), "phone": (390, 844)}
NO_PAGES = {"static", "bootstrap.static", "assets.htmx"}

CUT_OFF = """() => {
  const told = [];
  const width = document.documentElement.clientWidth;
  const whole = document.documentElement.scrollWidth;
  if (whole > width) told.push(`the page is ${whole} wide`);
  for (const one of document.querySelectorAll("body *")) {
    if (one.closest(".visually-hidden, .skip, svg, option, details:not([open]) > :not(summary)")) continue;
    const style = getComputedStyle(one);
    if (style.display === "none" || style.visibility === "hidden") continue;
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const words = [...one.childNodes].some((part) => part.nodeType === Node.TEXT_NODE && part.textContent.trim());
    const hides = style.overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
    const out = box.right > width + 1 || box.left < -1;
    if (words && (hides || out)) told.push(`${one.tagName}: ${one.textContent.trim().slice(0, 60)}`);
  }
  return told;
}"""


def addresses(town: Town, business: str) -> Iterator[tuple[str, str]]:
    """The name and the address of each page, each part of an address filled in turn with all that stands for it."""
    for rule in sorted(town.shop.app.url_map.iter_rules(), key=lambda one: one.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES:
            continue
        places = {**town.places[business], "token": ["spent"], "provider": ["hitpay"]}
        if business == "empty" and not _has_stories(rule):
            continue
        known = {name: places.get(name, []) for name in rule.arguments}
        assert all(known.values()), f"nothing stands for {rule.arguments} in {rule.rule}"
        for number in range(max((len(values) for values in known.values()), default=1)):
            given = {name: values[number % len(values)] for name, values in known.items()}
            adapter = town.shop.app.url_map.bind("127.0.0.1")
            yield f"{rule.endpoint}-{number}", adapter.build(rule.endpoint, given, method="GET")


def _has_stories(rule: Rule) -> bool:
    """Whether a page of an empty business can exist: it has no records, documents or runs to tell of."""
    return "slug" in rule.arguments and rule.arguments <= {"slug", "month"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("business", ["rich", "empty"])
def test_no_page_is_wrong_or_cut_off_or_out_of_reach(town: Town, browser: Browser, business: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})  # type: ignore[arg-type]
    told: list[str] = []
    walked = 0
    town.enter(context)
    page = context.new_page()
    page.on("console", lambda one: told.append(f"{page.url}: {one.text}") if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(f"{page.url}: {error}"))
    for name, address in addresses(town, business):
        answer = context.request.get(town.url + address)
        if "text/html" not in answer.headers.get("content-type", "") or "<html" not in answer.text()[:200]:
            continue  # for machines, or a part of a page, which is walked with the page it belongs to
        walked += 1
        page.goto(town.url + address)
        told = [one for one in told if f"status of {answer.status}" not in one]  # said by the browser of each 4xx
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            told += [f"{address} on a {size}: {one}" for one in _wrong_on(page)]
            _picture(page, f"{business}-{name}-{size}-{scheme}")
    context.close()
    assert "\n".join(told) == ""
    assert walked > (12 if business == "empty" else 30)


def _wrong_on(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']} {one['nodes'][0]['html'][:120]}" for one in found] + list(page.evaluate(CUT_OFF))


def _picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{re.sub(r'[^a-z0-9.-]', '-', name)}.png", full_page=True)
