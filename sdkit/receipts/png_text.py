"""The text chunks of a PNG file, read without decoding the picture and without trusting the file.

Pillow reads them too, but refuses the whole picture for one compressed chunk over 1 MiB, and hides others. The chunks
are those of the PNG specification, third edition (W3C, 2025), sections 5.3 and 11.3.3.
"""

from __future__ import annotations

import struct
import zlib

from ..errors import ImageError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_TEXT = 64 * 2**20  # bytes of text in one file, decompressed: what Pillow, too, still opens


def read_texts(data: bytes, name: str = "these bytes") -> dict[str, str]:
    """Keyword -> text of a whole PNG file's tEXt, zTXt and iTXt chunks; of equal keywords the last counts, as in Pillow.

    `name` is what messages call the file. Every chunk's checksum is checked. Raises ImageError when the bytes are no
    PNG, are cut short or damaged, or hold more than 64 MiB of text. A text chunk malformed in itself is left out.
    """
    if not data.startswith(SIGNATURE):
        raise ImageError("image", name, "a PNG file", "Only PNG files carry an sdkit receipt.")
    texts: dict[str, str] = {}
    room = MAX_TEXT
    place = len(SIGNATURE)
    while True:
        if place + 12 > len(data):
            raise ImageError("image", name, "a whole PNG file", "This one is cut short.")
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 8 + length
        if end + 4 > len(data):
            raise ImageError("image", name, "a whole PNG file", "This one is cut short.")
        if zlib.crc32(memoryview(data)[place + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            raise ImageError("image", name, "an undamaged PNG file", f"Its {kind!r} chunk has a wrong checksum.")
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            found = _text(kind, data[place + 8 : end], room)
            if found is not None:
                room -= len(found[1])
                if room < 0:
                    raise ImageError("image", name, f"at most {MAX_TEXT >> 20} MiB of text in a PNG file")
                texts[found[0]] = found[1].decode("latin-1" if kind != b"iTXt" else "utf-8", "replace")
        if kind == b"IEND":
            return texts
        place = end + 4


def _text(kind: bytes, body: bytes, room: int) -> tuple[str, bytes] | None:
    """(keyword, text) of one chunk, at most `room` + 1 bytes of it decompressed; None where it is malformed."""
    key, found, rest = body.partition(b"\0")
    if not found:
        return None
    packed = kind == b"zTXt"
    if packed:
        if rest[:1] != b"\0":  # 0, deflate, is the only compression method there is
            return None
        rest = rest[1:]
    elif kind == b"iTXt":
        head, parts = rest[:2], rest[2:].split(b"\0", 2)  # flag, method; language, translated keyword, text
        if len(parts) != 3 or head not in (b"\0\0", b"\1\0"):
            return None
        packed, rest = head == b"\1\0", parts[2]
    if packed:
        try:
            rest = zlib.decompressobj().decompress(rest, room + 1)
        except zlib.error:
            return None
    return key.decode("latin-1"), rest
