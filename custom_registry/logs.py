"""How the log is written, on standard error, for people or for machines; it must not know what is logged."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from custom_registry.config import LogFormat, LogLevel

if TYPE_CHECKING:
    from custom_registry.config import Settings

# What every record carries; anything else was handed over by `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F) if chr(code) not in "\n\t"}


class TextFormatter(logging.Formatter):
    """One line for people: ``2026-01-31T12:00:00.000Z INFO message``; only a traceback takes more."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, with control characters made visible: what is logged came over the network."""
        line = f"{_timestamp(record)} {record.levelname} {record.getMessage()}".replace("\n", "\\n").translate(_CONTROL)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``logger``, ``message``, and whatever ``extra`` carried.

    Of the registry's own events that is ``event``, ``service``, ``id`` and ``address``. A dozen lines of our own
    instead of python-json-logger: the bare installation needs few packages, and nothing of that one's configuration.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        entry: dict[str, object] = {
            "time": _timestamp(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def configure(settings: Settings) -> None:
    """Send everything from the set level on to standard error; standard output is the ready line's alone."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format is LogFormat.JSON else TextFormatter())
    level = settings.log_level.upper()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    if settings.log_level is not LogLevel.DEBUG:
        # The server tells each of its own steps; who registered and who lapsed is what people look for.
        logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


def _timestamp(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
