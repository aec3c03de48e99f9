"""Evaluation figures and needs as people read them in a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bot.evaluation import Judged, confusions, figures, interval, summary, worst_intents

_COLUMNS = {
    "intent_accuracy": "intent",
    "macro_f1": "F1",
    "language_accuracy": "language",
    "safety_recall": "danger heard",
    "safety_recall_full": "in full",
    "safety_false_alarms": "false full",
    "safety_checks": "false checks",
    "confident_wrong": "confident wrong",
}


def print_evaluation(judged: Sequence[Judged]) -> None:
    """Per language, per style, then where it goes wrong."""
    console = Console(width=140)
    result = summary(judged)
    table = Table("language", "n", "95 % of intent", *_COLUMNS.values())
    for name, row in [*result["languages"].items(), ("all", result["overall"])]:
        low, high = interval(row["intent_accuracy"], int(row["n"]))
        shares = [f"{row[column]:.3f}" for column in _COLUMNS]
        table.add_row(name, str(int(row["n"])), f"{low:.3f}-{high:.3f}", *shares)
    console.print(table)
    console.print(_styles(judged))
    console.print(
        "Least understood: "
        + ", ".join(f"{name} {share:.2f} ({count})" for name, share, count in worst_intents(judged))
    )
    console.print(
        "Taken for another: "
        + ", ".join(
            f"{meant} for {understood} {count}x" for meant, understood, count in confusions(judged)
        )
    )


def _styles(judged: Sequence[Judged]) -> Table:
    styles = sorted({item.style for item in judged})
    table = Table("intent accuracy", *(style or "no style" for style in styles))
    for code in sorted({item.language for item in judged}):
        cells = []
        for style in styles:
            items = [item for item in judged if (item.language, item.style) == (code, style)]
            share = figures(items)["intent_accuracy"]
            low, high = interval(share, len(items))
            cells.append(f"{share:.3f} ({low:.2f}-{high:.2f}, {len(items)})" if items else "")
        table.add_row(code, *cells)
    return table
