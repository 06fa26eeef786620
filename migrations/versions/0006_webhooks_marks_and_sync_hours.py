"""Webhooks, marks and sync hours"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_table(
        "webhook_addresses",
        sa.Column("business_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("salts", sa.LargeBinary(), nullable=True),
        sa.Column("registered_id", sa.String(length=80), nullable=True),
        sa.Column("registered_url", sa.String(length=500), nullable=True),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_webhook_addresses_business_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("business_id", name=op.f("pk_webhook_addresses")),
        sa.UniqueConstraint("token", name=op.f("uq_webhook_addresses_token")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("business_id", sa.Integer(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("try_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_webhook_deliveries_business_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("business_id", "body_hash", name=op.f("uq_webhook_deliveries_business_id_body_hash")),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_deliveries_received", ["business_id", "received_at"], unique=False)
        batch_op.create_index(
            "ix_webhook_deliveries_waiting",
            ["business_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    with op.batch_alter_table("businesses", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sync_hour", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
    _give_addresses()


def _give_addresses() -> None:
    """An address for every business whose provider was connected before there were any."""
    connection = op.get_bind()
    connections = sa.table("connections", sa.column("business_id", sa.Integer), sa.column("side", sa.String))
    addresses = sa.table("webhook_addresses", sa.column("business_id", sa.Integer), sa.column("token", sa.String))
    known = connection.execute(sa.select(connections.c.business_id).where(connections.c.side == "provider")).scalars()
    for business_id in known.all():
        connection.execute(sa.insert(addresses).values(business_id=business_id, token=secrets.token_urlsafe(32)))


def downgrade() -> None:
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_column("note")

    with op.batch_alter_table("businesses", schema=None) as batch_op:
        batch_op.drop_column("sync_hour")

    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_webhook_deliveries_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_index("ix_webhook_deliveries_received")

    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_addresses")
    op.drop_table("marks")
