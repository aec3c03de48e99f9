"""Training the model, and knowing whether the one we have still fits its data."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from actions.care.errors import CareError
from translations.languages import enabled

ROOT = Path(__file__).resolve().parent.parent
MODEL_NAME = "konbit"
NLU_DATA, CONFIG, DOMAIN = ROOT / "nlu_data", ROOT / "config.yml", ROOT / "domain.yml"
# A change of these may change the model.
_SOURCES = ("config.yml", "domain.yml", "bot/components", "translations")
_ENDINGS = (".yml", ".py")


class TrainingFailed(CareError):
    """Rasa made no model."""


def fingerprint() -> str:
    """A digest of everything the model is made from."""
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def data_folders() -> list[str]:
    """The rules, and the examples of the enabled languages only."""
    return [str(NLU_DATA / name) for name in ("rules", *enabled()) if (NLU_DATA / name).exists()]


def is_current(model_dir: Path) -> bool:
    """Whether there is a model and it was made from the data as it is now."""
    note = _note(model_dir)
    if not note.exists() or not (model_dir / f"{MODEL_NAME}.tar.gz").exists():
        return False
    made_from: str = json.loads(note.read_text("utf-8")).get("fingerprint", "")
    return made_from == fingerprint()


def train(model_dir: Path, *, say: Callable[[str], None]) -> float:
    """Train a model into `model_dir`; returns the seconds it took.

    Raises:
        TrainingFailed: the data or the configuration is not usable.
    """
    # Rasa draws a bar for each of its inner loops; one line says more.
    os.environ["LOG_LEVEL"] = "ERROR"
    from rasa.model_training import train as rasa_train  # ten seconds to import

    made_from = fingerprint()
    started = time.perf_counter()
    say("Training the assistant ...")
    result = rasa_train(
        domain=str(DOMAIN),
        config=str(CONFIG),
        training_files=data_folders(),
        output=str(model_dir),
        force_training=True,
        fixed_model_name=MODEL_NAME,
    )
    if not result.model:
        raise TrainingFailed("Training made no model; see the messages above.")
    seconds = time.perf_counter() - started
    note = {"fingerprint": made_from, "seconds": round(seconds, 1)}
    _note(model_dir).write_text(json.dumps(note) + "\n", "utf-8")
    say(f"Trained in {seconds:.0f} s.")
    return seconds


def _note(model_dir: Path) -> Path:
    return model_dir / f"{MODEL_NAME}.json"


def _source_files() -> Iterator[Path]:
    for path in [*(ROOT / name for name in _SOURCES), *map(Path, data_folders())]:
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (file for file in found if file.suffix in _ENDINGS)
