"""The `konbit` command. Each sub-command reads the settings, does one thing, and says in
one line what stands in the way."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from actions.care.errors import CareError
from bot import logs
from bot.settings import Settings, read_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Konbit, run by a clinic.")
needs_app = typer.Typer(no_args_is_help=True, help="The needs patients told us of.")
keys_app = typer.Typer(no_args_is_help=True, help="Keys that seal patients' words.")
translations_app = typer.Typer(no_args_is_help=True, help="The catalogs of translations.")
app.add_typer(needs_app, name="needs")
app.add_typer(keys_app, name="keys")
app.add_typer(translations_app, name="translations")

LOOPBACK = "127.0.0.1"
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Entry point: an expected failure is one line and exit code 1."""
    try:
        app()
    except CareError as error:
        print(f"konbit: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def _settings() -> Settings:
    settings = read_settings()
    logs.configure(settings.log_level)
    return settings


@app.command()
def up(
    host: Host = LOOPBACK,
    port: Port = 8080,
    console_port: Annotated[int, typer.Option(min=1, max=65535)] = 8090,
) -> None:
    """Prepare and start everything on this machine: edge, console and worker."""
    from bot.preparation import prepare
    from bot.runtime import require_free_port, sign_in_link
    from bot.supervisor import run_together

    settings = _settings()
    require_free_port(host, port)
    require_free_port(LOOPBACK, console_port)
    prepare(settings, say=typer.echo)
    link = sign_in_link(host=LOOPBACK, port=console_port)
    commands = {
        "serve": ["serve", "--host", host, "--port", str(port)],
        "console": ["console", "--port", str(console_port)],
        "worker": ["worker"],
    }
    base = f"http://{host}:{port}"
    announce = (
        f"\nKonbit is ready.\n  Patient page   {base}/\n  SMS webhook    {base}/sms/twilio\n"
        f"  Console        {link}\nCtrl-C stops it.\n"
    )
    typer.echo("Starting ...")
    raise typer.Exit(run_together(commands, ready_url=f"{base}/healthz", announce=announce))


@app.command()
def serve(host: Host = LOOPBACK, port: Port = 8080) -> None:
    """Run the patients' edge: web chat and SMS."""
    from bot import runtime

    runtime.serve(_settings(), host=host, port=port)


@app.command()
def console(
    host: Host = LOOPBACK,
    port: Port = 8090,
    link: Annotated[bool, typer.Option("--link", help="Print a sign-in link and end.")] = False,
) -> None:
    """Run the coordinators' console, or print a new sign-in link for it."""
    from bot import runtime

    settings = _settings()
    if link:
        runtime.open_database(settings)
        typer.echo(runtime.sign_in_link(host=host, port=port))
        return
    runtime.serve_console(settings, host=host, port=port)


@app.command()
def worker() -> None:
    """Run the worker that sends what waits to be sent."""
    from bot import worker as worker_process

    worker_process.run(_settings())


@app.command()
def train(
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Only when the data changed since.")
    ] = False,
) -> None:
    """Train the assistant's model from nlu_data."""
    from bot import training

    settings = _settings()
    if if_needed and training.is_current(settings.model_dir):
        typer.echo("The model fits its data.")
        return
    training.train(settings.model_dir, say=typer.echo)


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from actions.care import database

    database.connect(_settings().care)
    database.migrate()


@app.command()
def sample() -> None:
    """Load the invented clinic and directory of the demo."""
    from actions.care import database, directory
    from bot import runtime

    runtime.open_database(_settings())
    with database.session_scope() as session:
        directory.load_sample(session)


@app.command()
def chat() -> None:
    """Talk with the assistant here, in any of its languages."""
    from bot import terminal

    terminal.talk(_settings())


@app.command()
def parse(text: str, as_json: AsJson = False) -> None:
    """Show what the assistant makes of a message."""
    from bot.terminal import parsed

    result = asyncio.run(parsed(_settings(), text))
    typer.echo(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2))


@app.command()
def evaluate(files: list[Path], as_json: AsJson = False) -> None:
    """Measure understanding on JSONL rows with lang, intent, text and optionally style."""
    from bot import evaluation
    from bot.report import print_evaluation
    from bot.terminal import bare_assistant

    settings = _settings()
    rows = evaluation.read_rows(files)
    judged = asyncio.run(evaluation.judge(bare_assistant(settings), rows))
    if as_json:
        typer.echo(json.dumps(evaluation.summary(judged)))
    else:
        print_evaluation(judged)


@app.command()
def doctor() -> None:
    """Check settings, model, database and languages, and say what is missing."""
    from bot.doctor import examine

    raise typer.Exit(examine(say=typer.echo))


@needs_app.command("list")
def list_needs(
    as_json: AsJson = False,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
) -> None:
    """List needs: safety first, then urgent, the newest first."""
    from bot.needs_export import print_needs

    print_needs(_settings(), as_json=as_json, everything=everything)


@needs_app.command("export")
def export_needs(
    file: Annotated[Path | None, typer.Argument(help="CSV file; none prints it.")] = None,
) -> None:
    """Write all needs as CSV."""
    from bot.needs_export import export_csv

    export_csv(_settings(), file)


@keys_app.command("new")
def new_key() -> None:
    """Print a new key for KONBIT_ENCRYPTION_KEYS."""
    from cryptography.fernet import Fernet

    typer.echo(Fernet.generate_key().decode("ascii"))


@translations_app.command("update")
def update_translations() -> None:
    """Bring the catalogs in step with the English; what changed becomes a draft."""
    from translations.sources import update_catalogs

    typer.echo("Updated: " + ", ".join(update_catalogs()))
