"""`konbit doctor`: what is ready and what is missing, one line each."""

from collections.abc import Callable, Iterator

from sqlalchemy.exc import SQLAlchemyError

from actions.care import database, directory
from actions.care.errors import CareError
from bot import training
from bot.settings import Settings, read_settings
from translations.catalogs import installed
from translations.languages import SOURCE, enabled
from translations.sources import sentences

Finding = tuple[bool, str]


def examine(*, say: Callable[[str], None]) -> int:
    """Print the findings; returns 1 when something is missing, else 0."""
    try:
        settings = read_settings()
    except CareError as error:
        say(f"missing  {error}")
        return 1
    findings = [
        (True, f"settings: {settings.care.environment}, data in {settings.care.data_dir}"),
        _model(settings),
        *_database(settings),
        *_languages(),
    ]
    for good, text in findings:
        say(f"{'ok      ' if good else 'missing '} {text}")
    return 0 if all(good for good, _ in findings) else 1


def _model(settings: Settings) -> Finding:
    if training.is_current(settings.model_dir):
        return True, f"model: fits its data, in {settings.model_dir}"
    return False, "model: none that fits its data. Run: konbit train"


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        database.connect(settings.care)
        current = database.schema_is_current()
    except SQLAlchemyError as error:
        yield False, f"database: cannot be reached ({type(error).__name__})"
        return
    if not current:
        yield False, "database: old schema. Run: konbit migrate"
        return
    yield True, "database: reached, schema is current"
    with database.session_scope() as session:
        clinic = directory.clinic(session)
    if clinic is None:
        yield False, "clinic: none loaded. For the demo's, run: konbit sample"
    else:
        yield True, f"clinic: {clinic.name}"


def _languages() -> Iterator[Finding]:
    catalogs, every = installed(), sentences()
    for code, language in enabled().items():
        data = training.NLU_DATA / code
        if not any(data.glob("*.yml")):
            yield False, f"{language.english_name}: no training examples in nlu_data/{code}"
        if code == SOURCE:
            yield True, f"{language.english_name}: the source of all sentences"
            continue
        found = [catalogs.find(code, sentence.key, sentence.text) for sentence in every]
        translated = [entry for entry in found if entry is not None]
        drafts = sum(entry.draft for entry in translated)
        complete = len(translated) == len(every)
        yield (
            complete,
            f"{language.english_name}: {len(translated)} of {len(every)} sentences, "
            f"{drafts} drafts not yet signed",
        )
