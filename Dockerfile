# Debian and Python's minor version are pinned here; docs/running.md says how to pin the digest too.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
WORKDIR /src
COPY deploy/image.lock deploy/image-build.lock deploy/
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cogs cogs
COPY sandbox sandbox
RUN python -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir --require-hashes --requirement deploy/image-build.lock \
 && /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /opt/build/wheels . \
 && python -m venv /opt/bot && /opt/bot/bin/pip install --no-cache-dir --no-compile --require-hashes --requirement deploy/image.lock \
 && /opt/bot/bin/pip install --no-cache-dir --no-compile --no-index --no-deps /opt/build/wheels/*.whl

FROM ${BASE}
RUN useradd --create-home --uid 1000 bot && install --directory --owner bot --mode 700 /data
COPY --from=build /opt/bot /opt/bot
USER 1000
WORKDIR /data
ENV BOT_DATABASE_URL=sqlite+aiosqlite:////data/bot.sqlite3 \
    BOT_HTTP_ADDRESS=127.0.0.1:8080 \
    BOT_LOG_FORMAT=json
VOLUME /data
STOPSIGNAL SIGTERM
# http.client, unlike urllib, never asks a proxy that Docker's client has set.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/opt/bot/bin/python", "-c", "import http.client, os; page = http.client.HTTPConnection('127.0.0.1', int(os.environ['BOT_HTTP_ADDRESS'].rpartition(':')[2]), timeout=4); page.request('GET', '/healthz'); raise SystemExit(page.getresponse().status != 200)"]
ENTRYPOINT ["/opt/bot/bin/invokeai-discord"]
CMD ["run"]
