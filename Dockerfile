FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cogs cogs
COPY sandbox sandbox
RUN python -m venv /opt/bot && /opt/bot/bin/pip install --no-cache-dir --no-compile '.[postgres,video]'

FROM python:3.13-slim
RUN useradd --create-home --uid 1000 bot && install --directory --owner bot --mode 700 /data
COPY --from=build /opt/bot /opt/bot
USER 1000
WORKDIR /data
ENV BOT_DATABASE_URL=sqlite+aiosqlite:////data/bot.sqlite3 \
    BOT_HTTP_ADDRESS=127.0.0.1:8080 \
    BOT_LOG_FORMAT=json
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/opt/bot/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["/opt/bot/bin/invokeai-discord"]
CMD ["run"]
