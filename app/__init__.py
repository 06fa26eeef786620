"""Tieout keeps a merchant's Zoho Books true to what the payment provider did."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, logs, web, wiring
from app.config import Config, load
from app.services.outside import Outside
from app.store import tables
from app.store.columns import secret_box
from app.store.db import db

_TOP = Path(__file__).resolve().parent.parent

migrate = Migrate(render_as_batch=True, compare_type=True)


def create_app(config: Config | None = None, outside: Outside | None = None) -> Flask:
    """The application for one install; tests hand in their own configuration and outside world."""
    config = config or load()
    logs.configure(config.log_level)
    app = Flask("app", root_path=str(_TOP / "app"), template_folder=str(_TOP / "templates"),
                static_folder=str(_TOP / "static"))  # fmt: skip
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True},  # errors are logged, and parameters hold secrets
        MAX_CONTENT_LENGTH=256 * 1024,
    )
    secret_box.load(config.encryption_key_list)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(_TOP / "migrations"))
    app.extensions["config"] = config
    app.extensions["outside"] = outside or wiring.build(config)
    app.extensions["tables"] = tables.ALL
    web.register(app)
    cli.register(app)
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    return app
