"""The WSGI entry point: `flask --app wsgi ...` and `gunicorn wsgi:app`."""

import sys

from app import create_app
from app.config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    sys.stderr.write(f"Tieout can't start. {error}\n")
    raise SystemExit(2) from None
