"""Requests that need no parsing, since all of them but a name or a body came before; it knows no connection.

What is remembered does not grow with those who send heartbeats: a block of headers is that of a program, and its
requests differ in the name at the end of the path, or in the body.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable

    from custom_registry.serving.dispatch import Prepared

_END_OF_LINE: Final = b" HTTP/1.1\r\n"
_END_OF_HEAD: Final = b"\r\n\r\n"
_plain: Final = re.compile(rb"[\w:-][\w.:-]*").fullmatch  # a name that is in a path as it is
_MOST: Final = 4096
_LONGEST: Final = 1024  # bytes of a head


class _Block(Struct):
    """A block of headers, which says of a request all but its line and its body.

    Args:
        length: bytes of the body.
        lines: the lines that came with it.
        places: of those that end in a name, all before it.
    """

    length: int
    lines: dict[bytes, Prepared] = field(default_factory=dict)
    places: dict[bytes, Callable[[str], Prepared]] = field(default_factory=dict)


class Known:
    """What is remembered; where that is too much all is forgotten, and what still comes is learned again.

    To forget one each time would find none again of a few more that come in turns, as reads of many services do.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._whole: dict[bytes, tuple[Prepared, bytes]] = {}
        self._blocks: dict[bytes, _Block] = {}
        self._learned = 0

    def find(self, sent: bytes) -> tuple[Prepared, bytes] | None:
        """Return the request that some bytes are, and its body; None where they have to be parsed."""
        whole = self._whole.get(sent)
        if whole is not None:
            return whole
        line, _, rest = sent.partition(_END_OF_LINE)
        block, body = self._blocks.get(rest), b""
        if block is None:
            headers, end, body = rest.partition(_END_OF_HEAD)
            block = self._blocks.get(headers + end)
        if block is None or len(body) != block.length:
            return None
        prepared = block.lines.get(line)
        if prepared is None:
            place, _, name = line.rpartition(b"/")
            about = block.places.get(place)
            if about is None or not _plain(name):
                return None
            prepared = about(name.decode())
        return prepared, body

    def learn(self, sent: bytes, words: tuple[bytes, bytes], prepared: Prepared, body: bytes) -> None:
        """Remember a request, after which the connection stays.

        Args:
            sent: all that came, which is this one request.
            words: its method and its target, as they were parsed.
            prepared: what it asks.
            body: its body, likewise.
        """
        line, _, rest = sent.partition(_END_OF_LINE)
        headers, end, behind = rest.partition(_END_OF_HEAD)
        if len(sent) - len(body) > _LONGEST or line != b" ".join(words) or behind != body:
            return  # whoever ends lines in another way is parsed each time
        if self._learned >= _MOST:
            self._whole.clear()
            self._blocks.clear()
            self._learned = 0
        self._learned += 1
        if prepared.keys is not None:
            self._whole[sent] = prepared, body
            return
        block = self._blocks.setdefault(headers + end, _Block(len(body)))
        place, _, name = line.rpartition(b"/")
        if prepared.about is None:
            block.lines[line] = prepared
        elif _plain(name) and b"?" not in place:  # a slash of the query does not end the path
            block.places[place] = prepared.about
