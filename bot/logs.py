"""Logging without patients' words: ids only, and Rasa's chatter kept down.

Must be configured before Rasa is imported: Rasa logs messages and slots at debug.
"""

import logging
import os
import warnings

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


def configure(level: str = "info") -> None:
    """One line an event on standard error."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    # Rasa's old dependencies warn about each other; our own code is checked in tests.
    warnings.simplefilter("ignore")
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
