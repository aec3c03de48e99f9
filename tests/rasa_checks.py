"""Rasa's own checks, run by `make data-check` and `make dialogue`.

`validate` is `rasa data validate --fail-on-warnings`; `stories` runs the test stories
with the trained model and fails when one is not followed.
"""

import subprocess
import sys
from pathlib import Path

from bot.training import MODEL_NAME, ROOT, data_folders

RASA = [str(Path(sys.executable).parent / "rasa")]
COMMANDS = {
    "validate": ["data", "validate", "--fail-on-warnings", "--data", *data_folders()],
    "stories": [
        "test",
        "core",
        "--stories",
        "tests/dialogue",
        "--model",
        f"models/{MODEL_NAME}.tar.gz",
        "--fail-on-prediction-errors",
        "--no-errors",
        "--out",
        "var/dialogue",
    ],
}


def main(name: str) -> int:
    done = subprocess.run(
        [*RASA, *COMMANDS[name]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    failed = done.returncode != 0
    if failed:
        print(done.stdout[-6000:], done.stderr[-6000:])
    print(f"rasa {' '.join(COMMANDS[name][:3])}: {'failed' if failed else 'passed'}")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
