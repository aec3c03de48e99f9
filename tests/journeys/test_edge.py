"""The edge under bad input: refused with a reason, or a friendly reply; never a 500."""

import pytest
from sqlalchemy import text

from actions.care import conversations, database
from tests.conversation import SmsPatient, WebPatient, edge


def stored_messages() -> list:
    with database.engine().connect() as connection:
        return connection.execute(text("SELECT * FROM inbound_messages")).all()


@pytest.fixture
def client(sqlite, assistant, clock):
    with edge(assistant, clock) as client:
        yield client


class TestRepeats:
    def test_a_repeated_id_gets_the_first_answer_and_has_no_second_effect(self, client):
        patient = WebPatient(client)
        body = {"id": "one", "text": "i have no food for my kids"}
        first, second = patient.post(body), patient.post(body)
        assert first.json() == second.json()
        assert len(stored_messages()) == 1
        with database.engine().connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM needs")).scalar() == 1

    def test_a_repeated_message_sid_gets_the_first_answer(self, client):
        patient = SmsPatient(client)
        said = ("no tengo comida para mis hijos",)
        assert patient.says(*said, sid="SM1") == patient.says(*said, sid="SM1")
        assert len(stored_messages()) == 1

    def test_the_same_id_of_two_people_are_two_messages(self, client):
        for _ in range(2):
            assert WebPatient(client).post({"id": "one", "text": "hello"}).status_code == 200
        assert len(stored_messages()) == 2


FIELDS = {"MessageSid": "SM1", "Body": "hello"}


class TestSignature:
    @pytest.mark.parametrize("signature", ["", "wrong", "0" * 28])
    def test_wrong_or_missing_is_refused(self, client, signature):
        answer = SmsPatient(client).post(FIELDS, signature=signature)
        assert answer.status_code == 403
        assert stored_messages() == []

    def test_a_field_changed_on_the_way_is_refused(self, client):
        from twilio.request_validator import RequestValidator

        signed = {"From": "+13055550142", "To": "+13055550100", "NumMedia": "0", **FIELDS}
        signature = RequestValidator("test-token").compute_signature(
            "https://chat.example.org/sms/twilio", signed
        )
        patient = SmsPatient(client)
        assert patient.post(FIELDS, signature=signature).status_code == 200
        changed = {**FIELDS, "Body": "bye"}
        assert patient.post(changed, signature=signature).status_code == 403

    def test_blank_fields_are_part_of_what_is_signed(self, client):
        answer = SmsPatient(client).post({**FIELDS, "FromCity": "", "FromZip": ""})
        assert answer.status_code == 200

    def test_an_empty_text_gets_a_friendly_answer(self, client):
        assert "could not find any words" in SmsPatient(client).says("")


class TestRefusals:
    @pytest.mark.parametrize("bearer", [{}, {"Authorization": "Bearer x"}, {"Authorization": "x"}])
    def test_an_unknown_session_is_401(self, client, bearer):
        for method, path in (("POST", "/chat/messages"), ("GET", "/chat/messages?after=0")):
            body = {"json": {"id": "1", "text": "hello"}} if method == "POST" else {}
            answer = client.request(method, path, headers=bearer, **body)
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "unknown_session"

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"{", "not_json"),
            (b"[]", "not_an_object"),
            (b"\xff\xfe", "not_json"),
            (b"[" * 50_000, "not_json"),
            (b'{"id": "1"}', "text_or_choice"),
            (b'{"id": "1", "text": "a", "choice": "1"}', "text_or_choice"),
            (b'{"id": "1", "text": 7}', "bad_text"),
            (b'{"id": "", "text": "a"}', "bad_id"),
            (b'{"id": 5, "text": "a"}', "bad_id"),
            (b'{"id": "a\\u0000b", "text": "a"}', "bad_id"),
            (b'{"text": "a"}', "bad_id"),
            (b'{"id": "1", "choice": "' + b"x" * 65 + b'"}', "bad_choice"),
        ],
    )
    def test_a_malformed_body_is_400_with_a_code(self, client, content, code):
        patient = WebPatient(client)
        answer = client.post("/chat/messages", content=content, headers=patient.bearer)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == code

    def test_a_huge_body_is_413(self, client):
        answer = client.post("/chat/sessions", content=b"x" * 100_000)
        assert answer.status_code == 413

    @pytest.mark.parametrize("language", ["xx", 5, ["es"], {"a": 1}, ""])
    def test_a_language_we_do_not_have_is_400(self, client, language):
        assert client.post("/chat/sessions", json={"language": language}).status_code == 400

    @pytest.mark.parametrize("after", ["x", "-1", "1" * 20, "١"])
    def test_a_bad_cursor_is_400(self, client, after):
        patient = WebPatient(client)
        answer = client.get("/chat/messages", params={"after": after}, headers=patient.bearer)
        assert answer.status_code == 400


STRANGE = {
    "long": "help me with food please " * 400,
    "emoji": "😀😀🙏🏽",
    "null bytes": "hel\x00lo\x00",
    "only null bytes": "\x00\x00",
    "right-to-left override": "hello \u202eolleh\u202c",
    "sql": "'; DROP TABLE patients; --",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "rasa intent": "/restart",
    "rasa payload": '/affirm{"need__zip": "33127"}',
    "rasa entities": '/need_food[{"entity": "zip"}]',
    "template": "{clinic_phone} {0} {{7*7}} %s",
    "half a surrogate pair": "hi \ud83d there",
    "combining marks": "Z̸̛͎a̵̢l̶̨g̷̛o " * 20,
    "spaces": " \t\n ",
    "digits of another script": "٣٣١٢٧",
    "bell and escape": "\x07\x1b[31mred",
    "one letter": "k",
    "nothing but marks": "?!.,",
}


class TestStrangeTexts:
    @pytest.mark.parametrize("said", STRANGE.values(), ids=STRANGE)
    def test_web_answers_kindly_and_keeps_every_word(self, client, said):
        patient = WebPatient(client)
        assert patient.says(said).strip()
        (row,) = stored_messages()
        with database.session_scope() as session:
            kept = session.get(conversations.InboundMessage, row.id).text
        assert kept == said.encode("utf-8", "replace").decode()

    @pytest.mark.parametrize("said", STRANGE.values(), ids=STRANGE)
    def test_sms_answers_kindly(self, client, said):
        assert SmsPatient(client).says(said.encode("utf-8", "replace").decode()).strip()

    def test_command_syntax_has_no_power(self, client):
        patient = WebPatient(client)
        patient.says("i have no food for my kids")
        heard = patient.says('/affirm{"need__zip": "33127"}')
        assert "Sample Food Pantry" not in heard
        assert "ZIP code" not in patient.heard[-1]["text"]

    def test_danger_is_heard_in_a_very_long_text(self, client):
        patient = WebPatient(client)
        long = "so let me tell you about my week. " * 60
        assert patient.says(f"{long} i took all my pills i want to die").startswith("Call")

    def test_an_old_choice_is_refused_kindly(self, client):
        patient = WebPatient(client)
        answer = patient.post({"id": "x", "choice": "99"})
        assert answer.status_code == 200
        assert "no longer open" in answer.json()["messages"][0]["text"]


class TestLanguage:
    @pytest.mark.parametrize(
        ("said", "language"),
        [
            ("hi", "en"),
            ("yes", "en"),
            ("hola", "es"),
            ("gracias", "es"),
            ("bonjou", "ht"),
            ("wi", "ht"),
            ("i have no food at home", "en"),
            ("Do you have rides for patients? Uber a twò chè pou mwen ale retou", "ht"),
        ],
    )
    def test_the_first_words_are_answered_in_their_language(self, client, said, language):
        patient = SmsPatient(client)
        patient.says(said)
        with database.engine().connect() as connection:
            query = text("SELECT language FROM conversations")
            assert connection.execute(query).scalar() == language

    def test_one_or_two_words_never_switch(self, client):
        patient = WebPatient(client)
        patient.says("no tengo comida para mis hijos esta semana")
        for said in ("yes", "ok thanks", "no"):
            patient.says(said)
            assert patient.answer["language"] == "es"

    def test_a_clear_message_in_another_language_switches(self, client):
        patient = WebPatient(client)
        patient.says("no tengo comida para mis hijos esta semana")
        patient.says("Thank you very much, what are your opening hours on Saturday?")
        assert patient.answer["language"] == "en"

    def test_what_the_person_chose_always_wins(self, client):
        patient = WebPatient(client, language="ht")
        patient.says("Thank you very much, what are your opening hours on Saturday?")
        assert patient.answer["language"] == "ht"

    @pytest.mark.parametrize(
        ("said", "language"),
        [("do you speak creole?", "ht"), ("hablas español?", "es"), ("eske ou pale angle", "en")],
    )
    def test_asking_for_a_language_chooses_it(self, client, said, language):
        patient = WebPatient(client)
        patient.says(said)
        assert patient.answer["language"] == language
        patient.says("What are your opening hours on Saturday and on Sunday?")
        assert patient.answer["language"] == language

    def test_a_language_we_do_not_speak_gets_an_interpreter(self, client):
        assert "interpreter" in WebPatient(client).says("do you speak polish?")

    def test_the_menu_changes_the_language(self, client):
        patient = WebPatient(client)
        answer = client.post("/chat/language", json={"language": "ht"}, headers=patient.bearer)
        assert answer.json()["language"] == "ht"
        patient.says("What are your opening hours on Saturday and on Sunday?")
        assert patient.answer["language"] == "ht"

    def test_a_tapped_choice_keeps_the_language_of_the_browser(self, client):
        client.headers["Accept-Language"] = "es-MX,es;q=0.9,en;q=0.5"
        patient = WebPatient(client)
        assert patient.heard[0]["lang"] == "es"
        patient.taps(patient.heard[0]["choices"][1]["title"])
        assert patient.answer["language"] == "es"

    def test_every_message_says_its_language_and_direction(self, client):
        patient = WebPatient(client, language="es")
        assert [(m["lang"], m["dir"]) for m in patient.heard] == [("es", "ltr")]


class TestTalk:
    def test_not_understood_asks_and_then_offers_a_person(self, client):
        patient = WebPatient(client)
        patient.says("blorf znarg quux vlib")
        assert len(patient.heard[-1]["choices"]) == 3
        patient.says("grumbl fnord wibble wobz")
        assert "person" in patient.heard[-1]["text"]

    def test_again_please_says_the_last_message_again(self, client):
        patient = WebPatient(client)
        first = patient.says("what are your opening hours?")
        assert patient.says("can you say that again please") == first

    def test_messages_are_fetched_after_a_cursor(self, client):
        patient = WebPatient(client)
        patient.says("hello")
        fetched = client.get("/chat/messages?after=0", headers=patient.bearer).json()["messages"]
        assert [message["id"] for message in fetched] == [
            str(number) for number in range(1, len(fetched) + 1)
        ]
        last = fetched[-1]["id"]
        later = client.get(f"/chat/messages?after={last}", headers=patient.bearer).json()
        assert later["messages"] == []

    def test_a_person_is_asked_for_and_logged(self, client):
        patient = WebPatient(client)
        assert "305-555-0100" in patient.says("can I talk to a real person please")
        with database.engine().connect() as connection:
            domains = connection.execute(text("SELECT domain FROM needs")).scalars().all()
        assert domains == ["talk_to_human"]

    def test_stop_is_kept(self, client):
        patient = SmsPatient(client)
        patient.says("please stop texting me")
        with database.engine().connect() as connection:
            query = text("SELECT messages_stopped_at FROM patients")
            assert connection.execute(query).scalar() is not None
