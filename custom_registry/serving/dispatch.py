"""Finds who answers a request on the event loop, and asks; it knows no connection.

What it does not understand at once, or what would hold the event loop up, it leaves to the full way.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote

from msgspec import Struct

from custom_registry.api.errors import FAULT
from custom_registry.api.exchange import Asked
from custom_registry.serving.kept import VARYING
from custom_registry.serving.wire import Sendable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from custom_registry.api.consul.asking import Consul
    from custom_registry.api.exchange import Reply
    from custom_registry.api.native import Native, View
    from custom_registry.api.waiting import Parking
    from custom_registry.serving.kept import Kept, Keys

_log = logging.getLogger("custom_registry")

_CONSUL: Final = "/v1/"
NAMING: Final = frozenset(
    {"/v1/agent/check/pass/", "/v1/agent/check/warn/", "/v1/agent/check/fail/", "/v1/agent/service/deregister/"}
)
"""Endpoints below which there is no other, whatever the name that is asked about."""

_MOST_KNOWN: Final = 4096  # about 1 kB each
_LONGEST_KNOWN: Final = 1024  # bytes

_LEFT_TO_THREADS: Final = frozenset(
    {
        "/v1/agent/join/",  # waits for an answer of somebody else
        # What reads all there is takes long where there is much.
        "/v1/agent/checks",
        "/v1/agent/services",
        "/v1/catalog/node-services/",
        "/v1/catalog/node/",
        "/v1/health/node/",
        "/v1/health/state/",
        "/v1/internal/ui/services",
    }
)


class HeadersRead:
    """The headers of a request that a view may read, by their usual names."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[bytes, bytes]) -> None:
        """Keep those among ``VARYING``, their names in small letters."""
        self._values = {name: value.decode("latin-1") for name, value in values.items()}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._values)

    def get(self, name: str, default: str) -> str:
        """Return the value of a header.

        Raises:
            KeyError: a view reads one that is not among ``VARYING``: two answers could be taken for the same.
        """
        return self._values.get(_READ[name], default)


_READ: Final = {name.decode().title(): name for name in VARYING}
_NO_HEADERS: Final = HeadersRead({})


class Prepared(Struct, frozen=True, eq=False):
    """A request that is understood, all but its body; it can be asked again and again.

    Args:
        ask: the API that answers it, given the question, the body, and where it parks.
        question: what is asked, as the API understands it.
        keys: under what its answers are kept; None of one that is no read.
        about: makes the same request about another name at the end of the path, one that is there without an escape;
            None where that can be a request of another kind.
    """

    ask: Callable[[Any, bytes, Parking], Reply]
    question: object
    keys: Keys | None = None
    about: Callable[[str], Prepared] | None = None


class Dispatcher:
    """Has requests answered on the event loop.

    Args:
        native: one API.
        consul: the other.
        kept: the answers that are kept.
    """

    def __init__(self, native: Native, consul: Consul, kept: Kept) -> None:
        """Know no request yet."""
        self._native = native
        self._consul = consul
        self._kept = kept
        self._prepared: dict[tuple[bytes, bytes, tuple[tuple[bytes, bytes], ...]], Prepared] = {}
        self._last = Sendable.of(FAULT)
        self._last_of = FAULT
        self._woken: tuple[Parking, Prepared, bytes, Sendable] | None = None

    def prepare(self, method: bytes, target: bytes, varying: Mapping[bytes, bytes]) -> Prepared | None:
        """Return what a request asks; None where it has to take the full way.

        Args:
            method: of HTTP.
            target: the path with its query, as it was sent.
            varying: the headers that are among ``VARYING``, by names in small letters.
        """
        words = method, target, tuple(varying.items())
        prepared = self._prepared.get(words)
        if prepared is None:
            prepared = self._prepare(method.decode("ascii"), target, varying)
            if prepared is not None and prepared.about is None and len(target) <= _LONGEST_KNOWN:
                if len(self._prepared) >= _MOST_KNOWN:
                    self._prepared.clear()
                self._prepared[words] = prepared
        return prepared

    def answer(self, prepared: Prepared, body: bytes, parking: Parking) -> Sendable:
        """Answer a request; where ``parking`` says afterwards that it waits, the answer goes nowhere."""
        key = prepared.keys and prepared.keys.of(parking)
        if key is not None:
            found = self._kept.find(key)
            if found is not None:
                return found
        try:
            answer = self._sendable(prepared.ask(prepared.question, body, parking))
        except Exception:  # noqa: BLE001 - one that cannot be answered must not end the connection of all that follow
            _log.exception("a request could not be answered")
            return Sendable.of(FAULT)
        if key is not None:
            self._kept.keep(key, answer)
        return answer

    def answer_woken(self, prepared: Prepared, body: bytes, over: Parking) -> Sendable:
        """Answer one of many woken at once, for all of whom ``over`` is the very same: who asks the same is told it."""
        last = self._woken
        if last is None or last[0] is not over or last[1] is not prepared or last[2] != body:
            last = self._woken = over, prepared, body, self.answer(prepared, body, over)
        return last[3]

    def _prepare(self, method: str, target: bytes, varying: Mapping[bytes, bytes]) -> Prepared | None:
        if not target.startswith(b"/") or b"#" in target or not target.isascii():
            return None
        path, _, query = target.decode("ascii").partition("?")
        if "%" in path:
            path = unquote(path)
        asked = Asked(method, path, query, HeadersRead(varying) if varying else _NO_HEADERS)
        keys = self._kept.keys(method, target, tuple(varying.items()))
        return self._ask_consul(asked, keys) if path.startswith(_CONSUL) else self._ask_native(asked, keys)

    def _sendable(self, reply: Reply) -> Sendable:
        if reply is not self._last_of:  # the reply to most writes is the very same
            self._last_of, self._last = reply, Sendable.of(reply)
        return self._last

    def _ask_consul(self, asked: Asked, keys: Keys | None) -> Prepared | None:
        question = self._consul.understand(asked)
        if question is None or question.endpoint.path in _LEFT_TO_THREADS:
            return None
        ask = self._consul.ask
        if question.endpoint.path not in NAMING or "/" in question.rest:
            return Prepared(ask, question, keys)
        return Prepared(ask, question, keys, lambda name: Prepared(ask, question.about(name)))

    def _ask_native(self, asked: Asked, keys: Keys | None) -> Prepared | None:
        if self._consul.takes(asked.path) or any(character in asked.query for character in "%+;"):
            return None
        view = self._native.find(asked.method, asked.path)
        if view is None:
            return None
        arguments = parse_qs(asked.query, keep_blank_values=True)

        def ask(view: View, body: bytes, parking: Parking) -> Reply:
            whole = Asked(asked.method, asked.path, asked.query, asked.headers, body, parking)
            return self._native.ask(view, whole, arguments)

        return Prepared(ask, view, keys)
