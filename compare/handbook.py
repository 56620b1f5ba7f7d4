"""Tells in words what may stand in a scenario file, out of the shapes of its verbs; it reads and runs none."""

from __future__ import annotations

import inspect
import json
import textwrap
from typing import TYPE_CHECKING, Any

from compare.steps import ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.steps import Arguments

_WIDTH = 100
_OPENING = """\
A scenario is a TOML or YAML file. It has a title, a question, a group and [[steps]]; slow = true keeps it out of the
default run, exclusive = true gives it a registry of its own. Each step has a name (step), a verb (do) and the verb's
arguments. A long text may be written as { repeat = "x", times = 300 }."""


def handbook() -> str:
    """Return what a scenario file consists of, and every verb with its arguments."""
    return "\n\n".join([_OPENING, *(_verb(name, shape) for name, shape in ARGUMENTS.items())])


def _verb(name: str, shape: type[Arguments]) -> str:
    about = inspect.cleandoc(shape.__doc__ or "").replace("``", "")
    paragraphs = (textwrap.fill(" ".join(part.split()), _WIDTH) for part in about.split("\n\n"))
    schema = shape.model_json_schema()
    rows = list(_rows("", schema, schema.get("$defs", {})))
    arguments = "\n".join(f"{argument:<15} {meaning}" for argument, meaning in rows)
    return "\n".join([name, textwrap.indent("\n".join(paragraphs), "  "), textwrap.indent(arguments, "    ")]).rstrip()


def _rows(prefix: str, schema: dict[str, Any], shapes: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each argument and what it may be; those of a table within it by their path, as in ``until.count``."""
    for name, field in schema.get("properties", {}).items():
        kind = next((option for option in field.get("anyOf", ()) if option.get("type") != "null"), field)
        path = f"{prefix}{name}"
        needed = _needed(field, required=name in schema.get("required", ()))
        if "$ref" in kind:
            yield path, f"table{needed}"
            yield from _rows(f"{path}.", shapes[kind["$ref"].rpartition("/")[2]], shapes)
        else:
            yield path, _kind(kind) + needed


def _needed(field: dict[str, Any], *, required: bool) -> str:
    if required:
        return ""
    default = field.get("default")
    return "; optional" if default in (None, "", [], {}) else f"; by default {json.dumps(default)}"


def _kind(schema: dict[str, Any]) -> str:
    if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return " | ".join(json.dumps(choice) for choice in choices)
    match schema.get("type"):
        case "array":
            return f"list of {_kind(schema['items'])}"
        case "object":
            values = schema.get("additionalProperties")
            return f"table of {_kind(values)}" if isinstance(values, dict) else "table"
        case "integer" | "number" as number:
            return ("whole number" if number == "integer" else "number") + _limits(schema)
        case "boolean":
            return "true | false"
        case _:
            return "text"


def _limits(schema: dict[str, Any]) -> str:
    """Return the range of a number; whole numbers are counted, others are seconds."""
    words = []
    if "minimum" in schema:
        words.append(f"at least {schema['minimum']:g}")
    if "exclusiveMinimum" in schema:
        words.append(f"above {schema['exclusiveMinimum']:g}")
    if "maximum" in schema:
        words.append(f"at most {schema['maximum']:g}")
    seconds = " of seconds" if schema["type"] == "number" else ""
    return seconds + (f" {' and '.join(words)}" if words else "")
