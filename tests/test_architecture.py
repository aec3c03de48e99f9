"""The house: imports run one way, rooms stay small, every form lets danger through."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from rasa_sdk.executor import ActionExecutor

from actions.base import NEVER_FILLS
from bot.components.safety_patterns import KINDS
from bot.training import ROOT

ROOMS = ("translations", "actions.care", "actions", "bot.components", "bot")
MAY_IMPORT = {
    "translations": {"translations"},
    "actions.care": {"actions.care", "translations"},
    "actions": {"actions", "actions.care", "translations"},
    "bot.components": {"bot.components", "translations"},
    "bot": set(ROOMS),
}
LONGEST_MODULE = 300
LONGEST_FUNCTION = 30


def modules() -> Iterator[Path]:
    for room in ("translations", "actions", "bot"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def room_of(name: str) -> str | None:
    """The innermost room a dotted module name lies in."""
    fitting = [room for room in ROOMS if name == room or name.startswith(f"{room}.")]
    return max(fitting, key=len, default=None)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from actions import care` imports actions.care as well.
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_imports_run_one_way(path):
    own = room_of(dotted(path))
    rooms = {room_of(name) for name in imported(ast.parse(path.read_text("utf-8")))} - {None}
    # A package is named on the way to what is imported from it.
    parents = {room.split(".")[0] for room in rooms if "." in room}
    assert rooms - parents <= MAY_IMPORT[own] | {own}


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_the_database_library_stays_in_the_care_domain(path):
    """Elsewhere a session may be passed on, not used."""
    names = set(imported(ast.parse(path.read_text("utf-8"))))
    foreign = {name for name in names if name.split(".")[0] in ("sqlalchemy", "alembic")}
    allowed = {"sqlalchemy.orm", "sqlalchemy.orm.Session", "sqlalchemy.exc"}
    allowed |= {"sqlalchemy.exc.SQLAlchemyError"}
    assert room_of(dotted(path)) == "actions.care" or foreign <= allowed


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_modules_and_functions_stay_small(path):
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.body[0].lineno + 1
            documented = ast.get_docstring(node, clean=False)
            if documented:
                length -= len(documented.splitlines())
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.fixture(scope="module")
def domain() -> dict:
    return yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))


def test_every_form_lets_danger_through(domain):
    for name, form in domain["forms"].items():
        assert set(KINDS) <= set(form["ignored_intents"]), name
        assert set(form["ignored_intents"]) == NEVER_FILLS, name


def test_the_actions_are_those_of_the_domain(domain):
    executor = ActionExecutor()
    executor.register_package("actions")
    assert sorted(executor.actions) == sorted(domain["actions"])


def test_intents_are_the_closed_list(domain):
    names = [next(iter(entry)) for entry in domain["intents"]]
    assert len(names) == len(set(names)) == 58
    for folder in ("en", "es", "ht"):
        written = set()
        for path in (ROOT / "nlu_data" / folder).glob("*.yml"):
            data = yaml.safe_load(path.read_text("utf-8"))
            written |= {block["intent"] for block in data["nlu"]}
        assert written == set(names), folder
