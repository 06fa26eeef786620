# Two stages: packages are installed, each checked against its hash, where pip is; the image that runs has no need of it.
FROM python:3.12-slim AS packages
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin tieout \
 && install -d -o tieout -g tieout -m 0700 /data
COPY --from=packages /venv /venv
WORKDIR /srv/tieout
COPY wsgi.py gunicorn.conf.py ./
COPY app app
COPY templates templates
COPY static static
COPY migrations migrations
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    TIEOUT_DATA_DIR=/data TIEOUT_HOST=0.0.0.0 TIEOUT_PORT=8000
USER tieout
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["sh", "-c", "flask --app wsgi db upgrade && exec gunicorn wsgi:app"]
