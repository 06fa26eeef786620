"""Rules of the house that no linter knows: sizes, names, what the domain may import, and what must not be committed."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from app.cli import NOUNS
from app.config import Config

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "app").rglob("*.py"))
TEXTS = [
    path
    for folder in ("app", "templates", "static", "migrations", "tests", ".ci")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".html", ".css", ".js", ".json", ".ini", ".mako", ".txt", ""} and path.is_file()
] + [path for path in sorted(ROOT.iterdir()) if path.is_file()]
LONGEST = 300
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager"}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 100


def test_no_file_grows_beyond_its_reason() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_no_file_or_room_has_a_name_that_says_nothing() -> None:
    assert [named(path) for path in SOURCES if VAGUE & {path.stem, *path.relative_to(ROOT).parts}] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [named(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_the_domain_needs_only_the_standard_library_and_two_small_packages() -> None:
    allowed = set(sys.stdlib_module_names) | {"iso4217", "msgspec"}
    strangers = {
        f"{named(path)}: {module}"
        for path in SOURCES
        if path.is_relative_to(ROOT / "app" / "domain")
        for module in imports_of(path)
        if module.split(".")[0] not in allowed and not module.startswith("app.domain")
    }
    assert strangers == set()


def test_the_simulator_knows_nothing_of_the_app_it_is_there_for() -> None:
    known = {
        f"{named(path)}: {module}"
        for path in SOURCES
        if path.is_relative_to(ROOT / "app" / "simulator")
        for module in imports_of(path)
        if module.split(".")[0] == "app" and not module.startswith("app.simulator")
    }
    assert known == set()


def test_nobody_but_the_clocks_asks_the_machine_for_the_time() -> None:
    """`app.demo` sets the demo's clock by the machine's; the simulator has clocks of its own."""
    asks = re.compile(r"datetime\.now\(|datetime\.utcnow\(|time\.time\(|date\.today\(")
    clocks = {"app/clock.py", "app/simulator/clock.py", "app/demo/hands.py"}
    assert [named(path) for path in SOURCES if asks.search(path.read_text()) and named(path) not in clocks] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_pin_and_hash_everything_and_name_no_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    assert re.search(r"https?://|^\s*-i|--(extra-)?index-url|--find-links", text, re.MULTILINE) is None
    packages = re.split(r"\n(?=\S)", text.strip())
    assert [package.split()[0] for package in packages if "==" not in package or "--hash=sha256:" not in package] == []


def test_both_lock_files_agree() -> None:
    pins = [set(re.findall(r"^[\w.\[\]-]+==\S+", (ROOT / name).read_text(), re.MULTILINE))
            for name in ("requirements.lock", "requirements-dev.lock")]  # fmt: skip
    assert pins[0] - pins[1] == set()


def test_nothing_committed_names_a_folder_of_somebodys_machine() -> None:
    private = re.compile(r"/(?:home|Users|root|work)/[a-z]")
    assert [named(path) for path in TEXTS if private.search(path.read_text(errors="replace"))] == []


def test_the_readme_tells_of_every_setting_and_every_command() -> None:
    readme = (ROOT / "README.md").read_text()
    settings = {f"`{name.upper()}`" for name in Config.__struct_fields__}
    commands = {f"`{noun.name} {verb}" for noun in NOUNS for verb in noun.commands}
    assert {word for word in settings | commands if word not in readme} == set()
