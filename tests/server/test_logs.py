"""How the log is written."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any

from custom_registry.logs import JsonFormatter, TextFormatter
from tests.support.servers import running_registry


def record(message: str, *arguments: object, **extra: Any) -> logging.LogRecord:
    made = logging.getLogger("custom_registry").makeRecord(
        "custom_registry", logging.WARNING, "f.py", 1, message, arguments, None, extra=extra
    )
    made.created = 1_700_000_000.0125
    return made


def test_text_is_one_line_whatever_the_network_sent() -> None:
    line = TextFormatter().format(record("%s lapsed", "web\r\nINFO forged\x1b[31m", event="lapsed"))
    assert line == "2023-11-14T22:13:20.012Z WARNING web\\x0d\\nINFO forged\\x1b[31m lapsed"


def test_json_carries_what_the_event_is_about() -> None:
    line = JsonFormatter().format(record("%s lapsed", "web\n", event="lapsed", service="web", id="w", address="h:1"))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.012Z",
        "level": "warning",
        "logger": "custom_registry",
        "message": "web\n lapsed",
        "event": "lapsed",
        "service": "web",
        "id": "w",
        "address": "h:1",
    }


def test_an_exception_is_told_in_both() -> None:
    failed = record("failed", odd=object)
    try:
        raise ValueError("why")  # noqa: TRY301 - a traceback is needed
    except ValueError:
        failed.exc_info = sys.exc_info()
    assert TextFormatter().format(failed).endswith("\nValueError: why")
    entry = json.loads(JsonFormatter().format(failed))
    assert entry["exception"].endswith("\nValueError: why")
    assert entry["odd"] == "<class 'object'>"


def test_the_registry_says_who_came_and_went_and_nothing_of_its_server(post: Any) -> None:
    with running_registry("--log-format", "json") as registry:
        post(registry, "/register", {"service": "web", "address": "h:1"})
        post(registry, "/deregister", {"service": "web", "address": "h:1"})
        entries = [json.loads(line) for line in registry.stop().splitlines()]
    seen = [(entry["event"], entry["service"], entry["id"], entry["address"]) for entry in entries]
    assert seen == [("registered", "web", "web@h:1", "h:1"), ("deregistered", "web", "web@h:1", "h:1")]


def test_each_request_is_logged_at_debug_only(post: Any) -> None:
    with running_registry("--log-level", "debug") as registry:
        post(registry, "/register", {"service": "web", "address": "h:1"})
        assert re.search(r'INFO .*"POST /register HTTP/1.1" 201', registry.stop())
    with running_registry() as registry:
        post(registry, "/register", {"service": "web", "address": "h:1"})
        assert "POST" not in registry.stop()
