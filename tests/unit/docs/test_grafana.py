"""The dashboard in deploy/ asks for figures that exist, and for each of them."""

import json
import re
from pathlib import Path

from prometheus_client import generate_latest

from bot.telemetry.metrics import Metrics

DASHBOARD = Path(__file__).parents[3] / "deploy" / "grafana.json"


BY_SERVER = {
    "bot_notices",
    "bot_notices_pending",
    "bot_notice_delay_seconds",
    "bot_server_reachable",
    "bot_server_socket",
    "bot_server_jobs",
}


def test_the_dashboard_shows_each_figure_and_no_other() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = {
        name.removesuffix("_bucket")
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"\bbot_\w+", target["expr"])
    }
    told = re.findall(
        r"^# TYPE (bot_\w+) (?:gauge|counter|histogram)$",
        generate_latest(Metrics().registry).decode(),
        re.MULTILINE,
    )
    assert asked == {name for name in told if not name.endswith("_created")}


def test_what_is_told_by_server_is_shown_by_server() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    for target in (target for panel in panels for target in panel["targets"]):
        if any(re.search(rf"\b{name}(_total|_bucket)?\b", target["expr"]) for name in BY_SERVER):
            assert "{{server}}" in target["legendFormat"], target
            assert "by (" not in target["expr"] or "server" in target["expr"]


def test_its_panels_do_not_lie_on_each_other() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    places = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(places) == len(set(places))
    assert all(x < 24 for x, _ in places)
