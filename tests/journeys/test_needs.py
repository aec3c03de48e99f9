"""From "I have no food" to a need on a coordinator's list, by web and by SMS."""

import pytest
from sqlalchemy import text

from actions.care import database, needs
from tests.conversation import SmsPatient, WebPatient, edge

FOOD = {
    "en": ("i have no food for my kids", "yes", "Yes", "Skip"),
    "es": ("no tengo nada de comer en la casa", "si claro", "Sí", "Saltar esta pregunta"),
    "ht": ("mwen pa gen manje pou timoun yo", "wi", "Wi", "Sote kesyon sa a"),
}
NO = {"en": "No", "es": "No", "ht": "Non"}
LITTLE_HAITI = "33127"


def only_need():
    with database.session_scope() as session:
        (need,) = needs.every(session)
        return need, needs.offered(session, need.id), needs.history(session, need.id)


@pytest.mark.parametrize("language", FOOD)
def test_food_is_found_by_web(any_database, assistant, clock, language):
    said, yes, title, _ = FOOD[language]
    with edge(assistant, clock) as client:
        patient = WebPatient(client)
        patient.says(said)
        assert patient.answer["language"] == language
        assert [choice["title"] for choice in patient.heard[-1]["choices"]] == [title, NO[language]]
        patient.says(yes)
        assert "ZIP" in patient.heard[-1]["text"]
        heard = patient.says(LITTLE_HAITI)
        assert "305-555-0101" in heard
        patient.taps(title)
    need, offered, history = only_need()
    assert (need.domain, need.language, need.channel) == ("food", language, "web")
    assert need.words == said
    assert (need.zip_code, need.contact_consent) == (LITTLE_HAITI, True)
    assert need.state == needs.IN_PROGRESS
    assert len(offered) == 3
    assert [event.to_state for event in history] == ["requested", "requested", "in-progress"]


@pytest.mark.parametrize("language", FOOD)
def test_food_is_found_by_text_message_with_numbers_for_choices(
    any_database, assistant, clock, language
):
    said, *_ = FOOD[language]
    with edge(assistant, clock) as client:
        patient = SmsPatient(client)
        assert "\n1. " in patient.says(said)
        assert "ZIP" in patient.says("1")
        assert "305-555-0101" in patient.says(LITTLE_HAITI)
        patient.says("2")
    need, offered, _ = only_need()
    assert (need.language, need.channel, need.words) == (language, "sms", said)
    assert need.unmet_reason == needs.NONE_HELPED
    assert need.state == needs.REQUESTED
    assert offered


@pytest.mark.parametrize("language", FOOD)
def test_nothing_found_is_logged_as_unmet_and_a_person_follows_up(
    any_database, assistant, clock, language
):
    said, yes, *_ = FOOD[language]
    with edge(assistant, clock) as client:
        patient = WebPatient(client)
        patient.says(said)
        patient.says(yes)
        heard = patient.says("99501")
        assert "211" in heard
    need, offered, _ = only_need()
    assert offered == []
    assert need.unmet_reason == needs.NO_RESOURCE
    assert need.zip_code == "99501"


@pytest.mark.parametrize("language", FOOD)
def test_who_refuses_to_be_contacted_is_still_helped(any_database, assistant, clock, language):
    said, _, _, skip = FOOD[language]
    with edge(assistant, clock) as client:
        patient = WebPatient(client)
        patient.says(said)
        patient.taps(NO[language])
        heard = patient.taps(skip)
        assert "555-01" in heard
        patient.taps(NO[language])
    need, offered, _ = only_need()
    assert need.contact_consent is False
    assert need.zip_code is None
    assert offered


@pytest.mark.parametrize(
    ("said", "domain"),
    [
        ("we are getting evicted and have nowhere to go", "housing"),
        ("necesito un raite para llegar a la clinica", "transport"),
        ("yo pral koupe limyè a paske m pa ka peye bil la", "utilities"),
    ],
)
def test_other_needs_end_to_end(any_database, assistant, clock, said, domain):
    with edge(assistant, clock) as client:
        patient = WebPatient(client)
        patient.says(said)
        patient.says({"en": "yes", "es": "sí", "ht": "wi"}[patient.answer["language"]])
        assert "555-01" in patient.says(LITTLE_HAITI)
    need, offered, _ = only_need()
    assert (need.domain, need.words, bool(offered)) == (domain, said, True)


def test_a_question_in_between_is_answered_and_the_form_goes_on(sqlite, assistant, clock):
    with edge(assistant, clock) as client:
        patient = WebPatient(client)
        patient.says("i have no food for my kids")
        heard = patient.says("what time do you open on saturday?")
        assert "100 Sample Street" in heard
        assert "May a person" in heard
        patient.says("yes")
        assert "555-01" in patient.says(LITTLE_HAITI)


def test_a_zip_code_nobody_has_is_asked_again_and_then_let_go(sqlite, assistant, clock):
    with edge(assistant, clock) as client:
        patient = WebPatient(client)
        patient.says("i have no food for my kids")
        patient.says("yes")
        assert "five numbers" in patient.says("00000")
        assert "555-01" in patient.says("99999")
    need, *_ = only_need()
    assert need.zip_code is None


def test_what_is_not_an_answer_is_never_taken_for_consent(sqlite, assistant, clock):
    with edge(assistant, clock) as client:
        patient = WebPatient(client)
        patient.says("i have no food for my kids")
        assert "yes or no" in patient.says("🤷")
        patient.says("🤷")
    need, *_ = only_need()
    assert need.contact_consent is False


def test_a_second_need_is_logged_and_asks_nothing_twice(sqlite, assistant, clock):
    with edge(assistant, clock) as client:
        patient = WebPatient(client)
        patient.says("i have no food for my kids")
        patient.says("yes")
        patient.says(LITTLE_HAITI)
        heard = patient.says("they are going to shut off our electricity on friday")
        assert "ZIP" not in heard
        assert "555-01" in heard
    with database.session_scope() as session:
        found = {need.domain: need for need in needs.every(session)}
    assert set(found) == {"food", "utilities"}
    assert found["utilities"].priority == needs.URGENT
    assert found["utilities"].zip_code == LITTLE_HAITI


def test_words_and_numbers_are_sealed_in_the_database(any_database, assistant, clock):
    said = "i have no food for my kids"
    with edge(assistant, clock) as client:
        SmsPatient(client, number="+13055550199").says(said)
    tables = ("patients", "conversations", "inbound_messages", "outbound_messages", "needs")
    with database.engine().connect() as connection:
        for table in tables:
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                raw = b"|".join(
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    for value in row
                )
                assert said.encode() not in raw
                assert b"3055550199" not in raw
