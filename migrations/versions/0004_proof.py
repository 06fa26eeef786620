"""The proof log, repairs, and calls counted by day"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "call_days",
        sa.Column("organization_id", sa.String(length=60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("used_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "day", name=op.f("pk_call_days")),
    )
    op.create_table(
        "proof_heads",
        sa.Column("business_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_proof_heads_business_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("business_id", name=op.f("pk_proof_heads")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("business_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("movement_id", _BIG, nullable=True))
        batch_op.add_column(sa.Column("person", sa.String(length=254), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("hash", sa.String(length=64), nullable=True))
        batch_op.alter_column("effect_id", existing_type=_BIG, nullable=True)
    _chain_what_is_there()
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.alter_column("business_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("number", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("hash", existing_type=sa.String(length=64), nullable=False)
        batch_op.create_index(
            "ix_attempts_record",
            ["movement_id"],
            unique=False,
            sqlite_where=sa.text("movement_id IS NOT NULL"),
            postgresql_where=sa.text("movement_id IS NOT NULL"),
        )
        batch_op.create_unique_constraint(batch_op.f("uq_attempts_business_id_number"), ["business_id", "number"])
        batch_op.create_foreign_key(
            batch_op.f("fk_attempts_movement_id"), "movements", ["movement_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_attempts_business_id"), "businesses", ["business_id"], ["id"], ondelete="CASCADE"
        )

    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("settled_by", sa.String(length=10), nullable=True))


def _chain_what_is_there() -> None:
    """Give every entry its number and its hash. The rule stands here as it was when this migration was written."""
    connection = op.get_bind()
    attempts = sa.table(
        "attempts",
        sa.column("id", sa.BigInteger),
        sa.column("effect_id", sa.BigInteger),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("fence", sa.Integer),
        sa.column("what", sa.String),
        sa.column("outcome", sa.String),
        sa.column("detail", sa.Text),
        sa.column("business_id", sa.Integer),
        sa.column("number", sa.Integer),
        sa.column("hash", sa.String),
    )
    effects = sa.table("effects", sa.column("id", sa.BigInteger), sa.column("business_id", sa.Integer))
    heads = sa.table(
        "proof_heads",
        sa.column("business_id", sa.Integer),
        sa.column("number", sa.Integer),
        sa.column("hash", sa.String),
    )
    told = attempts.c
    rows = connection.execute(
        sa.select(
            told.id, told.effect_id, told.at, told.fence, told.what, told.outcome, told.detail, effects.c.business_id
        )
        .join(effects, effects.c.id == told.effect_id)
        .order_by(told.id)
    ).all()
    ends: dict[int, tuple[int, str]] = {}
    values = []
    for row in rows:
        number, before = ends.get(row.business_id, (0, "0" * 64))
        at = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at.astimezone(UTC)
        entry = [row.business_id, number + 1, row.effect_id, None, at.isoformat(timespec="microseconds"), row.fence]
        entry += ["", row.what, row.outcome, row.detail]
        text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        ends[row.business_id] = (number + 1, hashlib.sha256((before + text).encode()).hexdigest())
        values.append({"row": row.id, "of": row.business_id, "nth": number + 1, "chained": ends[row.business_id][1]})
    if values:
        chained = {"business_id": sa.bindparam("of"), "number": sa.bindparam("nth"), "hash": sa.bindparam("chained")}
        connection.execute(sa.update(attempts).where(told.id == sa.bindparam("row")).values(chained), values)
        connection.execute(
            sa.insert(heads),
            [{"business_id": one, "number": number, "hash": digest} for one, (number, digest) in ends.items()],
        )


def downgrade() -> None:
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.drop_column("settled_by")

    op.execute("DELETE FROM attempts WHERE effect_id IS NULL")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_attempts_business_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_attempts_movement_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_attempts_business_id_number"), type_="unique")
        batch_op.drop_index("ix_attempts_record")
        batch_op.alter_column("effect_id", existing_type=_BIG, nullable=False)
        batch_op.drop_column("hash")
        batch_op.drop_column("person")
        batch_op.drop_column("movement_id")
        batch_op.drop_column("number")
        batch_op.drop_column("business_id")

    op.drop_table("proof_heads")
    op.drop_table("call_days")
