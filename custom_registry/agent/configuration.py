"""Consul's configuration, from files and flags, brought down to one flat mapping; it knows nothing of settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from custom_registry.agent.names import (
    FLAGS,
    KEYS,
    KEYS_OF_FLAGS,
    OTHER_FLAGS,
    OTHER_KEYS,
    SECTIONS,
    TRUE_ANYWAY,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from custom_registry.agent.flags import Value

_NAMES = {str: "string", bool: "bool", int: "int", float: "float64", list: "[]interface {}"}
_NOTHING: tuple[object, ...] = (
    None,
    False,
    "",
    [],
    {},
)  # what a key says that programs write whether they need it or not
_OBJECT = "map[string]interface {}"
_FILES = frozenset({"config-file", "config-dir", "config-format"})


class ConfigurationError(Exception):
    """The configuration cannot be taken; the message says why, in Consul's words where it has any."""


class Configuration(Struct):
    """What was configured.

    Args:
        values: by key, as in ``names.KEYS``.
        ignored: the names of flags and keys that mean nothing here, as they were given.
        skipped: files that were not read, since their names do not say how.
    """

    values: dict[str, Any] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def set(self, key: str, value: object) -> None:
        """Take a value in place of an earlier one; of metadata, beside the earlier ones."""
        if isinstance(value, dict):
            self.values[key] = self.values.get(key, {}) | value
        else:
            self.values[key] = value

    def ignore(self, name: str) -> None:
        """Note a name that means nothing here, unless it says what is so anyway."""
        if name.removeprefix("-") not in TRUE_ANYWAY and name not in self.ignored:
            self.ignored.append(name)


def configure(flags: Iterable[tuple[str, Value]]) -> Configuration:
    """Read the files that the flags name, then take the flags, which count before any file.

    Raises:
        ConfigurationError: a file cannot be read, or says something that Consul would not take.
    """
    given = list(flags)
    forms = [value for name, value in given if name == "config-format"]
    if any(form != "json" for form in forms):
        raise ConfigurationError(f"-config-format={forms[-1]} is not understood here, only json")
    if any(name == "hcl" for name, _ in given):
        raise ConfigurationError("-hcl is not understood here; write the configuration as JSON, in a file")
    configuration = Configuration()
    for name, value in given:
        if name in ("config-file", "config-dir"):
            for path in _files(str(value)):
                _read(path, configuration, whatever_its_name=bool(forms))
    for name, value in given:
        if name in OTHER_FLAGS:
            configuration.ignore(f"-{name}")
        elif name == "node-meta":
            key, _, text = str(value).partition(":")
            configuration.set("node_meta", {key: text})
        elif name in FLAGS.keys() - _FILES:
            configuration.set(KEYS_OF_FLAGS.get(name, name), value)
    return configuration


def _files(name: str) -> Iterator[Path]:
    path = Path(name)
    try:
        # In the order of their names, as Consul reads them.
        yield from sorted(path.iterdir()) if path.is_dir() else (path,)
    except OSError as error:
        raise ConfigurationError(_cannot_open(path, error)) from error


def _read(path: Path, configuration: Configuration, *, whatever_its_name: bool) -> None:
    if path.suffix == ".hcl" and not whatever_its_name:
        raise ConfigurationError(f"{path}: HCL is not understood here; write the configuration as JSON")
    try:
        if path.is_dir():
            return
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(_cannot_open(path, error)) from error
    except ValueError as error:
        raise ConfigurationError(f"failed to parse {path}: {error}") from error
    if path.suffix != ".json" and not whatever_its_name:
        configuration.skipped.append(str(path))
        return
    try:
        content = json.loads(text) if text else {}
    except ValueError as error:
        raise ConfigurationError(f"failed to parse {path}: {error}") from error
    if not isinstance(content, dict):
        kind = "array" if isinstance(content, list) else "value"
        reason = f"json: cannot unmarshal {kind} into Go value of type {_OBJECT}"
        raise ConfigurationError(f"failed to parse {path}: {reason}")
    try:
        _take(content, configuration)
    except ConfigurationError as error:
        raise ConfigurationError(f"failed to parse {path}: {error}") from None


def _take(content: dict[str, Any], configuration: Configuration, section: str = "") -> None:
    for name, value in content.items():
        key = f"{section}{name.lower()}"
        if key in SECTIONS and isinstance(value, dict):
            _take(value, configuration, f"{key}.")
        elif key in KEYS:
            if value is not None:
                configuration.set(key, _checked(key, value))
        elif key in OTHER_KEYS:
            if value not in _NOTHING:
                configuration.ignore(key)
        else:
            raise ConfigurationError(f"invalid config key {section}{name}")


def _checked(key: str, value: object) -> object:
    expected = KEYS[key]
    if expected is dict and isinstance(value, dict):
        for name, text in value.items():
            if not isinstance(text, str):
                raise _unconvertible(f"{key}[{name}]", str, text)
        return value
    if expected is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        raise _unconvertible(key, expected, value)
    return value


def _unconvertible(key: str, expected: type, value: object) -> ConfigurationError:
    # Go knows one kind of number in JSON.
    kind = type(value) if not isinstance(value, int) or isinstance(value, bool) else float
    wanted, got = (_NAMES.get(each, _OBJECT) for each in (expected, kind))
    return ConfigurationError(f"'{key}' expected type '{wanted}', got unconvertible type '{got}'")


def _cannot_open(path: Path, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"config: Open failed on {path}. open {path}: {reason}"
