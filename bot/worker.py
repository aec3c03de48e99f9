"""The worker: sends what waits to be sent. One process, killed and started at will."""

import logging

from huey import SqliteHuey, crontab

from actions.care import database, outbox
from bot.gateway.sms_provider import SendingFailed, SmsProvider, provider_for
from bot.gateway.sms_text import as_texts
from bot.settings import Settings

logger = logging.getLogger(__name__)


def deliver_due(provider: SmsProvider) -> int:
    """Send all waiting texts once; returns how many went out."""
    sent = 0
    while due := _claim():
        for item in due:
            sent += _deliver(provider, item)
    return sent


def run(settings: Settings) -> None:
    """Run until told to stop."""
    database.connect(settings.care)
    with database.session_scope() as session:
        outbox.requeue_interrupted(session)
    provider = provider_for(settings)
    queue = SqliteHuey(filename=str(settings.care.data_dir / "queue.db"))

    @queue.periodic_task(crontab(minute="*"))
    def deliver() -> None:
        deliver_due(provider)

    queue.create_consumer(workers=1, periodic=True).run()


def _claim() -> list[outbox.Due]:
    with database.session_scope() as session:
        return outbox.claim(session)


def _deliver(provider: SmsProvider, item: outbox.Due) -> bool:
    """Send one text; the database is not held while the carrier is slow."""
    try:
        provider_id = [provider.send(item.number, text) for text in as_texts([item.message])][-1]
    except SendingFailed as error:
        logger.warning("text %s was not taken: %s", item.message_id, error)
        with database.session_scope() as session:
            outbox.record_failure(session, item.message_id)
        return False
    with database.session_scope() as session:
        outbox.record_sent(session, item.message_id, provider_id)
    return True
