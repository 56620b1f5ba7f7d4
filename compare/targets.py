"""Finds the source that a name or a URL on the command line means; it starts nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from compare.consul_agent import DEFAULT_TAG, AnyConsul
from compare.container import ConsulContainer
from compare.own_registry import DIALECTS, Facade, Registry
from compare.recording import Recording, load_recording
from compare.sources import ByURL
from discovery import ConfigurationError
from discovery.backends import BackendURL, backends

if TYPE_CHECKING:
    from compare.sources import Source


_ALIAS = re.compile(r"(?P<name>[a-z][\w-]*)=(?P<url>\w+://.*)")


class UnknownTarget(Exception):
    """No target is called so; the message says what there is."""


def resolve(text: str, *, binary: str | None = None, tag: str = DEFAULT_TAG) -> Source | Recording:
    """Return what a name or a URL on the command line means.

    Args:
        text: ``basic``, ``custom``, ``facade``, ``facade:<dialect>``, ``consul``, ``consul:docker``, ``consul:<tag>``,
            ``recorded:<name or file>``, a backend's URL, or ``<name>=<URL>`` for a URL that is to go by a name: what
            is known of ``custom`` then holds for it.
        binary: the program to take for ``consul``, in place of the one on PATH.
        tag: the tag of the image for ``consul`` and ``consul:docker``.

    Raises:
        UnknownTarget: it is none of these; the message says what there is.
        TargetMissing: there is no such recording.
    """
    named: dict[str, Source] = {
        "basic": Registry("basic", "basic", complete=False),
        "custom": Registry("custom", "full", complete=True),
        "facade": Facade(),
        **{f"facade:{dialect}": Facade(f"facade:{dialect}", dialect) for dialect in DIALECTS},
        "consul": AnyConsul(binary, tag),
        "consul:docker": ConsulContainer(tag, name="consul:docker"),
    }
    if text in named:
        return named[text]
    if text.startswith("recorded:"):
        return load_recording(text)
    alias = _ALIAS.fullmatch(text)
    if alias:
        return replace(_by_url(alias["url"]), name=alias["name"])
    if "://" in text:
        return _by_url(text)
    if re.fullmatch(r"consul:[\w.-]+", text):
        return ConsulContainer(text.removeprefix("consul:"), name=text)
    known = ", ".join((*named, "consul:<tag>", "recorded:<name>", "<URL>", "<name>=<URL>"))
    raise UnknownTarget(f"no target {text!r}; there are: {known}")


def _by_url(text: str) -> ByURL:
    try:
        scheme = BackendURL.parse(text).scheme
    except ConfigurationError as error:
        raise UnknownTarget(str(error)) from error
    if scheme not in backends():
        raise UnknownTarget(f"no backend for {scheme}://; there are {', '.join(sorted(backends()))}")
    return ByURL(text)


def is_consul(name: str) -> bool:
    """Whether a target of this name is a real Consul, live or recorded, and so the natural reference."""
    return name.partition(":")[0] == "consul" or name.startswith("recorded:")
