"""The documents name every setting, target, command and intent there is."""

import re

import yaml

from bot.cli import app
from bot.training import ROOT


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_every_setting_is_in_the_example_file():
    sources = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "actions").rglob("*.py")]
    used = {
        name
        for path in sources
        for name in re.findall(r"\"(KONBIT_[A-Z_]+)\"", path.read_text("utf-8"))
    }
    assert used == set(re.findall(r"^(KONBIT_[A-Z_]+)=", read(".env.example"), re.MULTILINE))


def test_every_target_is_explained():
    targets = re.findall(r"^([a-z-]+):(?!=)(.*)$", read("Makefile"), re.MULTILINE)
    unexplained = [name for name, rest in targets if "##" not in rest]
    assert unexplained == ["train-if-needed"]


def test_the_readme_names_every_command():
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    readme = read("README.md")
    assert [name for name in names if f"konbit {name}" not in readme] == []


def test_the_documents_name_every_intent():
    domain = yaml.safe_load(read("domain.yml"))
    document = read("docs/intents.md")
    names = [next(iter(intent)) for intent in domain["intents"]]
    assert [name for name in names if f"`{name}`" not in document] == []
