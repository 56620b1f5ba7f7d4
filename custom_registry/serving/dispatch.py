"""Finds who answers a request on the event loop, and asks; it knows no connection.

What it does not understand at once, or what would hold the event loop up, it leaves to the full way.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import parse_qs, unquote

from msgspec import Struct

from custom_registry.api.errors import FAULT
from custom_registry.api.exchange import Asked
from custom_registry.serving.kept import VARYING
from custom_registry.serving.wire import Sendable

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from custom_registry.api.consul.asking import Consul
    from custom_registry.api.exchange import Reply
    from custom_registry.api.native import Native
    from custom_registry.api.waiting import Parking
    from custom_registry.serving.kept import Kept, Keys

_log = logging.getLogger("custom_registry")
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_CONSUL: Final = "/v1/"
_REPORTS: Final = ("/v1/agent/check/pass/", "/v1/agent/check/warn/", "/v1/agent/check/fail/")
_HEARTBEATS: Final = ("/heartbeat", *_REPORTS)
_MOST_KNOWN: Final = 16_384  # about 1 kB each
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

    def get(self, name: str, default: str) -> str:
        """Return the value of a header.

        Raises:
            KeyError: a view reads one that is not among ``VARYING``: two answers could be taken for the same.
        """
        return self._values.get(_READ[name], default)


_READ: Final = {name.decode().title(): name for name in VARYING}


class Prepared(Struct, frozen=True, eq=False):
    """A request that is understood, all but its body; it can be asked again and again.

    Args:
        ask: answers it, given its body and where it parks.
        keys: under what its answers are kept.
        recurs: whether it is likely to come again in the same words, as reads and heartbeats do.
        by_one: whether but one client sends it, whose bytes are the same each time.
    """

    ask: Callable[[bytes, Parking], Reply]
    keys: Keys
    recurs: bool
    by_one: bool


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
        self._known: dict[bytes, tuple[Prepared, bytes]] = {}
        self._prepared: dict[Hashable, Prepared] = {}
        self._last = Sendable.of(FAULT)
        self._last_of = FAULT
        self._woken: tuple[Parking, Prepared, bytes, Sendable] | None = None

    def recall(self, sent: bytes) -> tuple[Prepared, bytes] | None:
        """Return the request, and its body, that came in the very same bytes before."""
        return self._known.get(sent)

    def learn(self, sent: bytes, prepared: Prepared, body: bytes) -> None:
        """Remember that some bytes are one whole request, if they are likely to come again."""
        if len(sent) <= _LONGEST_KNOWN and prepared.recurs:
            _remember(self._known, sent, (prepared, body))

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
            if prepared is not None and len(target) <= _LONGEST_KNOWN and not prepared.by_one:
                _remember(self._prepared, words, prepared)
        return prepared

    def answer(self, prepared: Prepared, body: bytes, parking: Parking) -> Sendable:
        """Answer a request; where ``parking`` says afterwards that it waits, the answer goes nowhere."""
        key = prepared.keys.of(parking)
        if key is not None:
            found = self._kept.find(key)
            if found is not None:
                return found
        try:
            answer = self._sendable(prepared.ask(body, parking))
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
        asked = Asked(method, path, query, HeadersRead(varying))
        ask = self._ask_consul(asked) if path.startswith(_CONSUL) else self._ask_native(asked)
        if ask is None:
            return None
        keys = self._kept.keys(method, target, tuple(varying.items()))
        return Prepared(ask, keys, method == "GET" or path.startswith(_HEARTBEATS), by_one=path.startswith(_REPORTS))

    def _sendable(self, reply: Reply) -> Sendable:
        if reply is not self._last_of:  # the reply to most writes is the very same
            self._last_of, self._last = reply, Sendable.of(reply)
        return self._last

    def _ask_consul(self, asked: Asked) -> Callable[[bytes, Parking], Reply] | None:
        question = self._consul.understand(asked)
        if question is None or question.endpoint.path in _LEFT_TO_THREADS:
            return None
        return partial(self._consul.ask, question)

    def _ask_native(self, asked: Asked) -> Callable[[bytes, Parking], Reply] | None:
        view = None if self._consul.takes(asked.path) else self._native.find(asked.method, asked.path)
        if view is None or any(character in asked.query for character in "%+;"):
            return None
        arguments = parse_qs(asked.query, keep_blank_values=True)

        def ask(body: bytes, parking: Parking) -> Reply:
            whole = Asked(asked.method, asked.path, asked.query, asked.headers, body, parking)
            return self._native.ask(view, whole, arguments)

        return ask


def _remember(known: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Remember something; where too much is remembered all is forgotten, and what still comes is learned again.

    To forget one each time would find none again of a few more that come in turns, as heartbeats do.
    """
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[key] = value
