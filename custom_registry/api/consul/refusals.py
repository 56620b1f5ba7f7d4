"""How the agent refuses what it does not know, in the dialect's words, and how it reads ``enable``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.arguments import parse_bool
from custom_registry.api.consul.gotext import quote

if TYPE_CHECKING:
    from custom_registry.api.consul.call import Call
    from custom_registry.api.consul.dialects import Refusal


def refuse(refusal: Refusal, id_: str) -> Refused:
    """Return the refusal of something by its id."""
    return Refused(refusal.status, refusal.text.format(id=quote(id_)))


def read_enable(call: Call) -> bool:
    """Read whether to put into maintenance or to take out.

    Raises:
        Refused: it is missing or neither (transcript ``maintenance``, 1.8.7 and 1.21.4).
    """
    if "enable" not in call.arguments:
        raise Refused(400, "Missing value for enable")
    text = call.arguments.first("enable")
    enable = parse_bool(text)
    if enable is None:
        raise Refused(400, f"Invalid value for enable: {quote(text)}")
    return enable
