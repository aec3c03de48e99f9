"""Alembic's entry point; the connection comes from `actions.care.database.migrate`."""

from alembic import context
from sqlalchemy.types import TypeDecorator

from actions.care.models import Base


def render_plainly(kind, item, autogen_context):
    """Write our own column types as what they are in the database: migrations outlive code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_plainly,
)
with context.begin_transaction():
    context.run_migrations()
