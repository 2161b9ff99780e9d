"""The page asks nothing of anyone but its own kiosk, and its policy forbids it to."""

from __future__ import annotations

import http.server
import json
import threading

import pytest

from tests.device.display.stage import CARDS, Stage
from tests.needs import needs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.mosquitto,
    needs("chromium", "chromedriver", "mosquitto"),
]


def test_the_page_sends_requests_to_its_kiosk_only(stage: Stage) -> None:
    for kind in ("performance", "browser"):
        stage.driver.get_log(kind)  # what other tests have left
    stage.open()
    stage.show(*CARDS)
    stage.find(".choose").click()
    stage.heartbeat()
    log = [json.loads(entry["message"])["message"] for entry in stage.driver.get_log("performance")]
    asked = {
        event["params"].get("url") or event["params"]["request"]["url"]
        for event in log
        if event["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated")
    }
    websocket = f"ws://127.0.0.1:{stage.broker.websocket_port}/"
    assert websocket in asked
    assert f"{stage.address}page.js" in asked
    outside = {
        url
        for url in asked - {websocket}
        if not url.startswith((stage.address, "data:")) and url != "about:blank"
    }
    assert outside == set()
    assert [entry for entry in stage.driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_the_pages_policy_forbids_every_other_request(stage: Stage) -> None:
    asked: list[str] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        stage.driver.set_script_timeout(30)
        refused = stage.driver.execute_async_script(
            """const [url, done] = arguments;
            const policies = [];
            document.addEventListener("securitypolicyviolation", (e) => {
              policies.push(e.effectiveDirective);
              if (policies.length === 4) done(policies.sort());
            });
            fetch(url).catch(() => {});
            Object.assign(new Image(), { src: url });
            document.body.append(Object.assign(document.createElement("iframe"), { src: url }));
            try { document.body.innerHTML = "<b id=injected>x</b>"; } catch {}""",
            f"http://127.0.0.1:{other.server_address[1]}/",
        )
        other.shutdown()
    assert refused == ["connect-src", "frame-src", "img-src", "require-trusted-types-for"]
    assert asked == []
    assert stage.script("return document.querySelectorAll('#injected').length") == 0
