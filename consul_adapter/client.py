"""python-consul2 as we need it, and the little that it lacks; it knows Consul's API, not our contract.

What was seen in python-consul2 0.1.5 and is put right here:

- ``Consul(...)`` lets ``CONSUL_HTTP_ADDR``, ``CONSUL_HTTP_TOKEN``, ``CONSUL_HTTP_SSL`` and ``CONSUL_HTTP_SSL_VERIFY``
  override its arguments, fails when the first is malformed, and gives two deprecation warnings. So its groups of
  operations (``Agent``, ``Catalog``, ``Health``, ``Status``) are used without that constructor.
- Its requests have no timeout by default, and one timeout would not fit both a quick answer and a blocking query.
- ``Agent.Service.register`` knows no weights and leaves out port 0.
- It lacks ``/v1/agent/service/<id>`` and the ``filter`` of ``/v1/catalog/node/<node>``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from consul import base, std
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from consul_adapter.settings import Settings

_CONNECTIONS = 32  # kept open at most; more are made when more threads ask, and closed afterwards


def milliseconds(seconds: float) -> str:
    """Return a duration as Consul reads it, at least one millisecond: with 0 Consul would wait five minutes."""
    return f"{max(1, round(seconds * 1000))}ms"


class _HTTPClient(std.HTTPClient):  # type: ignore[misc] # python-consul2 has no types
    """Requests with a timeout each, which depend on nothing but the URL: no proxy, ``.netrc`` or CA from outside."""

    def __init__(self, settings: Settings) -> None:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        super().__init__(host, settings.port, settings.scheme, settings.verify, timeout=settings.timeout)
        self.session.trust_env = False
        for prefix in ("http://", "https://"):
            self.session.mount(prefix, HTTPAdapter(pool_maxsize=_CONNECTIONS))

    def get(
        self,
        callback: Callable[[base.Response], Any],
        path: str,
        params: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - it is the callback's answer
        wait = dict(params or ()).get("wait", "0ms")
        # Consul adds up to a sixteenth to a wait, so that not all return at the same time
        waiting = int(wait.removesuffix("ms")) / 1000 * 17 / 16
        return callback(self._send("GET", self.uri(path, params), headers, waiting=waiting))

    def put(
        self,
        callback: Callable[[base.Response], Any],
        path: str,
        params: Sequence[tuple[str, str]] | None = None,
        data: str | bytes = "",
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - it is the callback's answer
        return callback(self._send("PUT", self.uri(path, params), headers, data=data))

    def _send(
        self, method: str, uri: str, headers: Mapping[str, str] | None, *, data: str | bytes = "", waiting: float = 0
    ) -> base.Response:
        answer = self.session.request(
            method,
            uri,
            data=data,
            headers=headers,
            verify=self.verify,
            timeout=(self.timeout, self.timeout + waiting),
            # Consul redirects a path that is not clean (a//b to a/b, 1.8.7): to follow would be to ask for another id
            allow_redirects=False,
        )
        if answer.is_redirect:
            raise base.ClientError(f"{answer.status_code} redirects to {answer.headers['Location']}")
        return self.response(answer)


class ConsulClient:
    """The agent's API. Its attributes are those that python-consul2's groups read from what they call their agent."""

    consistency = "default"
    dc = None  # reads name the datacenter each, since what was just written is read from the agent's own

    def __init__(self, settings: Settings) -> None:
        """Prepare the connections; none is opened yet."""
        self.token = settings.token
        self.http = _HTTPClient(settings)
        self.agent = base.Consul.Agent(self)
        self.catalog = base.Consul.Catalog(self)
        self.health = base.Consul.Health(self)
        self.status = base.Consul.Status(self)

    def register(self, definition: Mapping[str, Any]) -> None:
        """Register a service with the agent, as ``PUT /v1/agent/service/register`` takes it."""
        body = json.dumps(definition, ensure_ascii=False).encode()
        if not self.http.put(base.CB.bool(), "/v1/agent/service/register", data=body, headers=self._headers):
            raise base.ClientError("the agent does not know /v1/agent/service/register")

    def agent_service(self, service_id: str) -> dict[str, Any] | None:
        """Return a service as the agent itself holds it, or None."""
        answer = self.http.get(base.CB.json(), f"/v1/agent/service/{service_id}", headers=self._headers)
        return None if isinstance(answer, tuple) else answer  # CB.json's answer to a 404 is (index, None)

    def node_service(
        self, node: str, service_id: str, index: str | None = None, wait: float = 0
    ) -> tuple[str, dict[str, Any] | None]:
        """Return the catalog's index and its entry of a service on a node, or None; with an index, wait for a change.

        Consul looks at the services of that node only, and sends the one.
        """
        # Consul's filters know no escaped quote, but all of Go's escapes by number (1.8.7)
        literal = "".join(f"\\U{ord(character):08x}" for character in service_id)
        params = [("filter", f'ID == "{literal}"')]
        if index is not None:
            params += [("index", index), ("wait", milliseconds(wait))]
        index, found = self.http.get(
            base.CB.json(index=True), f"/v1/catalog/node/{node}", params=params, headers=self._headers
        )
        return index, (found or {}).get("Services", {}).get(service_id)

    def close(self) -> None:
        """Close all connections."""
        self.http.session.close()

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-Consul-Token": self.token} if self.token else {}
