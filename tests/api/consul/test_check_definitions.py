"""What Consul demands of a check, in its words, and what becomes of one.

Source: transcripts ``checks`` and ``register_shapes`` (1.8.7 and 1.21.4), and a running 1.8.7.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.check_definitions import (
    check_rules,
    check_runnable,
    definition_by_itself,
    definition_of_service,
)
from custom_registry.api.consul.dialects import Dialect
from custom_registry.api.consul.shapes import CHECK_DEFINITION, CHECK_TYPE
from custom_registry.core.model import Alias, CheckDefinition
from custom_registry.core.probes import HttpRequest, Probe, TcpConnect, Thresholds, Tls

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")
HTTP = {"HTTP": "http://h:1/", "Interval": "10s"}


def decode(body: dict[str, Any], dialect: Dialect = NEW) -> dict[str, Any]:
    return CHECK_DEFINITION.decode(json.dumps({"Name": "c"} | body).encode(), dialect)


def by_itself(body: dict[str, Any]) -> CheckDefinition:
    return definition_by_itself(decode(body))


def problem(body: dict[str, Any], dialect: Dialect) -> object:
    with pytest.raises(Refused) as raised:
        check_rules(decode(body, dialect), dialect)
    assert raised.value.answer.status == 400
    return raised.value.answer.value


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        ({}, "TTL must be > 0 for TTL checks", None),
        ({"TTL": "-1s"}, "TTL must be > 0 for TTL checks", None),
        ({"TTL": "1s"} | HTTP, "Interval and TTL cannot both be specified", None),
        (
            {"HTTP": "http://h"},
            "Interval must be > 0 for Script, HTTP, or TCP checks",
            "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks",
        ),
        ({"AliasService": "w", "TCP": "h:1", "Interval": "1s"}, "Interval cannot be set for Alias checks", None),
        ({"AliasService": "w", "TTL": "1s"}, "TTL must be not be set for Alias checks", None),
        ({"TTL": "1s", "OutputMaxSize": -1}, "MaxOutputMaxSize must be positive", None),
    ],
)
def test_what_is_wrong_is_told(body: dict[str, Any], old: str, new: str | None) -> None:
    assert problem(body, OLD) == f"Invalid check: {old}"
    assert problem(body, NEW) == f"Invalid check: {new or old}"


def test_thresholds_have_an_order_where_there_are_two() -> None:
    told = "Invalid check: FailuresBeforeWarning can't be higher than FailuresBeforeCritical"
    assert problem(HTTP | {"FailuresBeforeCritical": -2}, NEW) == told
    check_rules(decode(HTTP | {"FailuresBeforeCritical": -2}, OLD), OLD)


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (
            {"Args": ["true"], "Interval": "1s"},
            500,
            "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
        ),
        ({"UDP": "h:1", "Interval": "1s"}, 501, "UDP checks are not implemented by this registry"),
        ({"H2PING": "h:1", "Interval": "1s"}, 501, "H2PING checks are not implemented by this registry"),
        ({"OSService": "s", "Interval": "1s"}, 501, "OSService checks are not implemented by this registry"),
    ],
)
def test_what_cannot_be_run_is_refused_loudly(body: dict[str, Any], status: int, text: str) -> None:
    with pytest.raises(Refused) as raised:
        check_runnable(decode(body))
    assert (raised.value.answer.status, raised.value.answer.value) == (status, text)


def test_a_check_that_can_be_run_is_let_through() -> None:
    for body in (HTTP, {"TTL": "1s"}, {"TCP": "h:1", "Interval": "1s"}, {"AliasService": "w"}):
        check_runnable(decode(body))
    assert by_itself(HTTP).type == "http"


def test_a_check_is_named_by_its_id_or_its_name() -> None:
    assert by_itself({"TTL": "1s"}).id == "c"
    assert by_itself({"TTL": "1s", "ID": "i"}).id == "i"


@pytest.mark.parametrize(
    ("given", "number", "id_", "name"),
    [
        ({}, 0, "service:w1", "Service 'web' check"),
        ({}, 2, "service:w1:2", "Service 'web' check"),
        ({"CheckID": "i", "Name": "n"}, 2, "i", "n"),
    ],
)
def test_a_check_of_a_service_is_named_after_it(given: dict[str, Any], number: int, id_: str, name: str) -> None:
    decoded = CHECK_TYPE.decode(json.dumps({"TTL": "1s"} | given).encode(), NEW)
    made = definition_of_service(decoded, "w1", "web", number)
    assert (made.id, made.name, made.service_id) == (id_, name, "w1")


def test_durations_are_shown_for_a_check_by_itself_even_where_there_are_none() -> None:
    alone = by_itself({"TTL": "1s"})
    assert (alone.interval, alone.timeout) == ("0s", "0s")
    of_service = definition_of_service(CHECK_TYPE.decode(b'{"TTL": "1s"}', NEW), "w", "w", 0)
    assert (of_service.interval, of_service.timeout) == ("", "")


def test_what_becomes_of_a_ttl_check() -> None:
    made = by_itself({"TTL": "90s", "Status": "warning", "Notes": "n", "DeregisterCriticalServiceAfter": "2m"})
    assert (made.ttl, made.status, made.notes, made.deregister_after, made.probe) == (90.0, "warning", "n", 120.0, None)
    assert by_itself({"TTL": "90s"}).status == "critical"


def test_what_becomes_of_an_alias() -> None:
    made = by_itself({"AliasService": "w", "AliasNode": "n"})
    assert (made.alias, made.type, made.ttl, made.probe) == (Alias("w", "n"), "alias", None, None)


def test_what_becomes_of_an_http_check() -> None:
    given = {
        "Method": "POST",
        "Header": {"A": ["1", "2"], "B": None},
        "Body": "b",
        "Timeout": "3s",
        "TLSSkipVerify": True,
        "TLSServerName": "s",
        "DisableRedirects": True,
        "OutputMaxSize": 9,
        "SuccessBeforePassing": 2,
        "FailuresBeforeWarning": 3,
        "FailuresBeforeCritical": 4,
    }
    action = HttpRequest(
        url="http://h:1/",
        method="POST",
        header={"A": ("1", "2"), "B": ()},
        body="b",
        disable_redirects=True,
        tls=Tls(skip_verify=True, server_name="s"),
    )
    thresholds = Thresholds(success_before_passing=2, failures_before_warning=3, failures_before_critical=4)
    assert by_itself(HTTP | given).probe == Probe(
        action=action, interval=10.0, timeout=3.0, thresholds=thresholds, output_max_size=9
    )


def test_what_becomes_of_a_tcp_check() -> None:
    probe = by_itself({"TCP": "h:1", "Interval": "1s"}).probe
    assert probe is not None
    assert probe.action == TcpConnect(address="h:1", tls=None)
    probe = by_itself({"TCP": "h:1", "Interval": "1s", "TCPUseTLS": True}).probe
    assert probe is not None
    assert probe.action == TcpConnect(address="h:1", tls=Tls())
