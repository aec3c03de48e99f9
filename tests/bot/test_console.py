"""The console page: signed in by a link that works once, the gravest need first."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from actions.care import console_access, conversations, database, needs
from bot.console.app import age, create_console

WORDS = "<b>mwen pa gen manje</b> " + "anpil " * 80


@pytest.fixture
def console(sqlite, clock):
    with TestClient(create_console(clock=clock), base_url="https://console.example.org") as client:
        yield client


@pytest.fixture
def link(console, clock) -> str:
    with database.session_scope() as session:
        return f"/sign-in/{console_access.issue_link(session, now=clock())}"


def log(clock, domain, words, language="ht"):
    with database.session_scope() as session:
        conversation, _ = conversations.open_conversation(
            session, channel="web", language=language, hint=None, now=clock()
        )
        heard = needs.Heard(domain=domain, words=words, language=language, message_id=None)
        needs.record(session, conversation, heard, now=clock())


def test_nobody_gets_in_without_a_link(console):
    assert console.get("/").status_code == 401
    assert console.post("/sign-in/guess").status_code == 401


def test_opening_the_link_does_not_use_it_up(console, link):
    assert "Sign in" in console.get(link).text
    assert console.post(link).status_code == 200


def test_the_link_works_once(console, link):
    assert console.post(link).url.path == "/"
    console.cookies.clear()
    assert console.post(link).status_code == 401


def test_the_session_ends(console, link, clock):
    console.post(link)
    clock.forward(timedelta(hours=12))
    assert console.get("/").status_code == 401


def test_signing_out_ends_the_session(console, link):
    console.post(link)
    assert console.post("/sign-out").status_code == 401
    assert console.get("/").status_code == 401


def test_another_site_cannot_sign_people_out(console, link):
    console.post(link)
    assert console.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert console.get("/").status_code == 200


def test_an_empty_list_says_what_it_means(console, link):
    assert "No open needs" in console.post(link).text


def test_the_list_shows_safety_first_with_language_and_state(console, link, clock):
    log(clock, "food", WORDS)
    clock.forward(timedelta(hours=2))
    log(clock, "crisis_self_harm", "no quiero vivir", "es")
    page = console.post(link).text
    assert page.index("crisis self harm") < page.index("Haitian Creole")
    assert "requested" in page
    assert "2 h" in page
    assert 'lang="ht" dir="auto"' in page


def test_patients_words_are_text_not_markup(console, link, clock):
    log(clock, "food", WORDS)
    page = console.post(link).text
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_the_page_cannot_be_framed_or_scripted(console):
    policy = console.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors" in policy


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=4), "4 min"),
        (timedelta(hours=2, minutes=59), "2 h"),
        (timedelta(days=3), "3 d"),
    ],
)
def test_ages_are_short(span, text):
    assert age(span) == text
