"""What has to be there before the processes start: schema, sample data, a fitting model."""

from collections.abc import Callable

from actions.care import database, directory
from bot import training
from bot.settings import Settings


def prepare(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Migrate, load the demo's clinic where none is, train where the model does not fit."""
    database.connect(settings.care)
    database.migrate()
    if not settings.care.is_production:
        with database.session_scope() as session:
            if directory.clinic(session) is None:
                directory.load_sample(session)
                say("Loaded the sample clinic and directory.")
    if not training.is_current(settings.model_dir):
        training.train(settings.model_dir, say=say)
