"""The care domain: needs and their states, the directory, keys, settings, the outbox."""

import stat
from datetime import datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.fernet import Fernet
from sqlalchemy import select, text

from actions.care import console_access, conversations, database, directory, needs, outbox, patients
from actions.care.crypto import Keyring
from actions.care.errors import NotAllowedTransition, SettingError
from actions.care.models import Base, Consent, Patient
from actions.care.settings import read_care_settings

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=timezone.utc)


@pytest.fixture
def session(any_database):
    with database.session_scope() as session:
        yield session


def heard(domain="food", **changes) -> needs.Heard:
    fields = {"words": "nothing to eat", "language": "en", "message_id": None, **changes}
    return needs.Heard(domain=domain, **fields)


def open_conversation(session, channel=conversations.WEB):
    conversation, _ = conversations.open_conversation(
        session, channel=channel, language=None, hint=None, now=NOW
    )
    return conversation


class TestNeeds:
    def test_the_list_has_safety_first_then_urgent_then_the_newest(self, session):
        conversation = open_conversation(session)
        order = [
            ("food", False, 3),
            ("crisis_self_harm", False, 9),
            ("housing", True, 5),
            ("legal", False, 1),
        ]
        for domain, urgent, hours in order:
            at = NOW - timedelta(hours=hours)
            needs.record(session, conversation, heard(domain, urgent=urgent), now=at)
        found = [need.domain for need in needs.worklist(session)]
        assert found == ["crisis_self_harm", "housing", "legal", "food"]

    def test_closed_needs_leave_the_list(self, session):
        need = needs.record(session, open_conversation(session), heard(), now=NOW)
        needs.move(session, need, needs.IN_PROGRESS, actor=needs.PATIENT, now=NOW)
        needs.move(session, need, needs.COMPLETED, actor=needs.PATIENT, now=NOW)
        assert needs.worklist(session) == []
        assert [event.to_state for event in needs.history(session, need.id)] == [
            "requested",
            "in-progress",
            "completed",
        ]

    @pytest.mark.parametrize("state", [needs.COMPLETED, needs.FAILED, needs.ON_HOLD])
    def test_steps_the_flow_does_not_have_are_refused(self, session, state):
        need = needs.record(session, open_conversation(session), heard(), now=NOW)
        with pytest.raises(NotAllowedTransition):
            needs.move(session, need, state, actor=needs.PATIENT, now=NOW)

    def test_offering_again_does_not_double(self, session):
        need = needs.record(session, open_conversation(session), heard(), now=NOW)
        places = directory.find(session, domain="food", language="en", zip_code="33127")
        for _ in range(2):
            needs.offer(session, need, [place.service_id for place in places], now=NOW)
        assert len(needs.offered(session, need.id)) == len(places) == 3


class TestDirectory:
    def test_the_language_comes_first_then_the_distance(self, session):
        places = directory.find(session, domain="food", language="ht", zip_code="33127")
        assert all(place.speaks_language for place in places)
        assert [place.miles for place in places] == sorted(place.miles for place in places)

    def test_what_is_too_far_is_left_out(self, session):
        places = directory.find(session, domain="food", language="en", zip_code="02124")
        assert places
        assert all(place.miles <= directory.REACH_MILES for place in places)
        assert directory.find(session, domain="food", language="en", zip_code="99501") == []

    @pytest.mark.parametrize("code", ["00000", "3312", "abcde", "", "٣٣١٢٧"])
    def test_codes_the_post_does_not_know(self, code):
        assert not directory.known_zip(code)

    def test_loading_the_sample_again_changes_nothing(self, session):
        before = session.execute(text("SELECT count(*) FROM services")).scalar()
        directory.load_sample(session)
        session.flush()
        assert session.execute(text("SELECT count(*) FROM services")).scalar() == before


class TestPatients:
    @pytest.mark.parametrize("number", ["+13055550142", "(305) 555-0142", "305 555 0142"])
    def test_one_person_however_the_number_is_written(self, session, number):
        first = patients.by_phone(session, "+1 305 555 0142", now=NOW)
        assert patients.by_phone(session, number, now=NOW).id == first.id

    def test_stopping_is_kept_with_the_language(self, session):
        patient = patients.by_phone(session, "+13055550142", now=NOW)
        patients.stop_messages(session, patient.id, language="ht", now=NOW)
        assert session.get(Patient, patient.id).messages_stopped_at == NOW
        consent = session.scalar(select(Consent))
        assert (consent.kind, consent.granted, consent.language) == ("messages", False, "ht")


class TestOutbox:
    def late_reply(self, session, now=NOW):
        conversation = conversations.by_phone(session, "+13055550142", now=now)
        draft = conversations.Draft("hello", "en")
        (row,) = conversations.say(
            session, conversation, [draft], now=now, status=conversations.QUEUED
        )
        return row.id

    def test_claimed_once(self, session):
        message_id = self.late_reply(session)
        (due,) = outbox.claim(session)
        assert (due.message_id, due.number) == (message_id, "+13055550142")
        assert outbox.claim(session) == []

    def test_what_was_being_sent_at_a_crash_waits_again(self, session):
        self.late_reply(session)
        outbox.claim(session)
        assert outbox.requeue_interrupted(session) == 1
        assert len(outbox.claim(session)) == 1

    def test_it_gives_up_in_the_end(self, session):
        message_id = self.late_reply(session)
        for attempt in range(1, outbox.MOST_ATTEMPTS + 1):
            outbox.claim(session)
            again = outbox.record_failure(session, message_id)
            assert again == (attempt < outbox.MOST_ATTEMPTS)
        assert outbox.claim(session) == []


class TestConsoleAccess:
    def test_a_link_works_once(self, session):
        link = console_access.issue_link(session, now=NOW)
        token = console_access.redeem_link(session, link, now=NOW)
        assert console_access.is_signed_in(session, token, now=NOW)
        assert console_access.redeem_link(session, link, now=NOW) is None

    def test_links_and_sessions_end(self, session):
        link = console_access.issue_link(session, now=NOW)
        later = NOW + console_access.LINK_LIFE
        assert console_access.redeem_link(session, link, now=later) is None
        fresh = console_access.issue_link(session, now=NOW)
        token = console_access.redeem_link(session, fresh, now=NOW)
        assert not console_access.is_signed_in(
            session, token, now=NOW + console_access.SESSION_LIFE
        )

    def test_a_link_is_no_session(self, session):
        link = console_access.issue_link(session, now=NOW)
        assert not console_access.is_signed_in(session, link, now=NOW)


class TestTransactions:
    def test_a_scope_inside_another_joins_it(self, any_database):
        def fail_after_writing():
            with database.session_scope() as outer:
                with database.session_scope() as inner:
                    assert inner is outer
                    patients.create(inner, now=NOW)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail_after_writing()
        with database.session_scope() as session:
            assert session.scalars(select(Patient)).all() == []

    def test_the_migrations_make_the_tables_of_the_models(self, any_database):
        with database.engine().connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            assert compare_metadata(context, Base.metadata) == []
        assert database.schema_is_current()


class TestKeys:
    def test_the_first_key_seals_and_all_open(self):
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        sealed = Keyring([old], pepper="p").seal("no food")
        assert Keyring([new, old], pepper="p").open(sealed) == "no food"

    def test_the_index_depends_on_the_pepper(self):
        key = Fernet.generate_key().decode()
        first, second = Keyring([key], pepper="a"), Keyring([key], pepper="b")
        assert first.blind_index("x") == first.blind_index("x") != second.blind_index("x")


class TestSettings:
    def test_a_demo_makes_its_own_key_readable_by_its_owner_alone(self, tmp_path):
        environ = {"KONBIT_DATA_DIR": str(tmp_path / "new")}
        first = read_care_settings(environ)
        key_file = tmp_path / "new" / "development.key"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        assert read_care_settings(environ).encryption_keys == first.encryption_keys

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"KONBIT_ENV": "live"}, "KONBIT_ENV"),
            ({"KONBIT_ENV": "production"}, "KONBIT_ENCRYPTION_KEYS"),
            (
                {
                    "KONBIT_ENV": "production",
                    "KONBIT_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
                },
                "KONBIT_INDEX_PEPPER",
            ),
            ({"KONBIT_ENCRYPTION_KEYS": "short"}, "KONBIT_ENCRYPTION_KEYS"),
            ({"KONBIT_DATABASE_URL": "mysql://x"}, "KONBIT_DATABASE_URL"),
            ({"KONBIT_DATA_DIR": "/proc/nowhere"}, "KONBIT_DATA_DIR"),
        ],
    )
    def test_a_wrong_setting_is_named(self, tmp_path, changes, named):
        environ = {"KONBIT_DATA_DIR": str(tmp_path), **changes}
        with pytest.raises(SettingError, match=named):
            read_care_settings(environ)
