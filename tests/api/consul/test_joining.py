from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.mark.parametrize(
    "path", ["10.0.0.1", "10.0.0.1:8301", "10.0.0.1:8302?wan=1", "10.0.0.1?wan=1", "10.0.0.1:8301?wan=1"]
)
def test_an_agent_joins_itself(api: FlaskClient, path: str) -> None:  # as 1.8.7 answers on its own ports
    answer = api.put(f"/v1/agent/join/{path}")
    assert (answer.status_code, answer.data) == (200, b"")


def test_nobody_is_joined_where_nobody_listens(api: FlaskClient) -> None:
    answer = api.put("/v1/agent/join/127.0.0.1:1")
    assert answer.status_code == 500
    assert answer.text.endswith("dial tcp 127.0.0.1:1: connect: connection refused\n\n")


def test_the_agent_tells_where_it_gossips(api: FlaskClient) -> None:
    configured = api.get("/v1/agent/self").get_json()["DebugConfig"]
    assert configured["SerfAdvertiseAddrLAN"] == "tcp://10.0.0.1:8301"
    assert configured["SerfAdvertiseAddrWAN"] == "tcp://10.0.0.1:8302"
