"""Needs on the command line: a list, JSON lines, CSV."""

import csv
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from actions.care import audit, database, needs
from actions.care.models import Need
from bot import runtime
from bot.settings import Settings

# Spreadsheets run a cell that begins like this as a formula (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
OPERATOR = "operator"


def print_needs(settings: Settings, *, as_json: bool, everything: bool) -> None:
    """Print open needs, or all; as JSON one object a line."""
    runtime.open_database(settings)
    with database.session_scope() as session:
        rows = needs.every(session) if everything else needs.worklist(session)
        objects = [_object(session, need) for need in rows]
        audit.record(
            session, "needs listed", actor=OPERATOR, now=runtime.clock(), rows=len(objects)
        )
    if as_json:
        for item in objects:
            print(json.dumps(item, ensure_ascii=False))
        return
    table = Table("domain", "words", "language", "channel", "priority", "state", "unmet", "ZIP")
    for item in objects:
        table.add_row(
            item["domain"],
            item["words"] or "",
            item["language"],
            item["channel"],
            item["priority"],
            item["state"],
            item["unmet_reason"] or "",
            item["zip"] or "",
        )
    Console().print(table if objects else "No open needs.")


def export_csv(settings: Settings, file: Path | None) -> None:
    """All needs as CSV, safe to open in a spreadsheet."""
    runtime.open_database(settings)
    with database.session_scope() as session:
        objects = [_object(session, need) for need in needs.every(session)]
        audit.record(
            session, "needs exported", actor=OPERATOR, now=runtime.clock(), rows=len(objects)
        )
    if file is None:
        _write(sys.stdout, objects)
        return
    with file.open("w", encoding="utf-8-sig", newline="") as target:
        _write(target, objects)


def cell(value: Any) -> str:
    """A value as a cell that no spreadsheet takes for a formula."""
    text = "; ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _write(target: TextIO, objects: list[dict[str, Any]]) -> None:
    writer = csv.writer(target)
    writer.writerow(_FIELDS)
    writer.writerows([cell(item[field]) for field in _FIELDS] for item in objects)


_FIELDS = (
    "id",
    "created_at",
    "domain",
    "words",
    "language",
    "channel",
    "priority",
    "zip",
    "contact_consent",
    "state",
    "unmet_reason",
    "offered",
)


def _object(session: Session, need: Need) -> dict[str, Any]:
    return {
        "id": need.id,
        "created_at": need.created_at.isoformat(timespec="seconds"),
        "domain": need.domain,
        "words": need.words,
        "language": need.language,
        "channel": need.channel,
        "priority": need.priority,
        "zip": need.zip_code,
        "contact_consent": need.contact_consent,
        "state": need.state,
        "unmet_reason": need.unmet_reason,
        "offered": needs.offered(session, need.id),
    }
