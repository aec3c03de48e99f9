"""Logging without patients' words: ids only, and Rasa's chatter kept down.

Must be configured before Rasa is imported: Rasa logs messages and slots at debug.
"""

import logging
import os
import traceback
import warnings
from typing import Any

import structlog

# Rasa and its libraries print what patients write at these levels, or only noise.
_QUIET = (
    "alembic",
    "apscheduler",
    "huey",
    "matplotlib",
    "rasa",
    "rasa_sdk",
    "sanic",
    "tensorflow",
    "twilio",
)


class WordlessFormatter(logging.Formatter):
    """Of an exception, its types and where it happened; never its text.

    A database's message repeats the statement with its values: patients' words.
    """

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        lines = []
        error: BaseException | None = ei[1]
        while error is not None:
            lines.append(type(error).__qualname__)
            lines.extend(
                f"  {frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)
            )
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


def configure(level: str = "info") -> None:
    """One line an event on standard error."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    # Rasa's old dependencies warn about each other, and set the filters back to do so; what
    # our own code does wrong fails in the tests.
    warnings.showwarning = lambda *arguments, **keywords: None
    handler = logging.StreamHandler()
    handler.setFormatter(WordlessFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.stdlib.LoggerFactory(),
        # Rasa logs a dozen times a turn; finding the logger anew each time costs.
        cache_logger_on_first_use=True,
    )
