"""How tables are compared with a database, and how our column types are written into a
migration."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import BigInteger, Integer
from sqlalchemy.sql.elements import False_, True_

from ledger import schema


def options(dialect: str) -> dict[str, Any]:
    """Arguments of `MigrationContext.configure`, the same for migrating and for comparing."""
    return {
        "target_metadata": schema.metadata,
        "compare_type": True,
        "compare_server_default": True,
        "render_item": render_item,
        # Batch mode copies a table into a new one and drops the old: its triggers vanish, and
        # cascades fire (M10).
        "render_as_batch": False,
    }


def render_item(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """`schema.Code(64)`, `schema.Instant()`, `schema.BigId`; False leaves the rest to Alembic."""
    if kind == "server_default" and isinstance(getattr(item, "arg", item), False_ | True_):
        # Alembic writes 0 or 1 on SQLite, which PostgreSQL refuses
        return f"sa.{getattr(item, 'arg', item)}()"
    if kind != "type":
        return False
    if isinstance(item, BigInteger) and isinstance(item._variant_mapping.get("sqlite"), Integer):
        return "schema.BigId"
    if isinstance(item, schema.Code):
        return f"schema.Code({item.impl_instance.length or ''})"
    if isinstance(item, schema.Instant | schema.Json):
        return f"schema.{type(item).__name__}()"
    return False
