"""`sdkit papers FILE`: everything that a picture file says of itself, read from any file without trusting it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from ..codecs import MAX_PIXELS, read_file
from ..errors import ImageError
from . import credentials
from .xmp import COMPOSITE, ENHANCED, GENERATED, Papers, read

MAX_FILE = 256 * 2**20  # bytes
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
_SOURCES = {
    GENERATED: "made by a model",
    COMPOSITE: "a photograph, a part of it painted by a model",
    ENHANCED: "a photograph, enlarged by a model",
}
_SAID = {
    "source": "AI content", "tool": "made with", "alt": "alt text", "description": "description", "creator": "creator",
    "rights": "rights", "terms": "terms", "statement": "statement", "licence": "model licence", "model": "model",
    "version": "model version", "prompt": "prompt", "recipe": "recipe",
}  # fmt: skip


@dataclass(frozen=True)
class Carried:
    """What one file carries.

    path, format ("JPEG", "PNG", "WEBP", "AVIF"), size (width, height) in pixels, bytes.
    papers       what its XMP says; empty fields where it has none.
    credentials  its C2PA content credentials: {"state": "Valid" | "Trusted" | "Invalid" | "unread", "issuer", "generator",
                 "source", "problems"}; empty where there are none. "Valid" says that nobody changed the file since it was
                 signed; only "Trusted" says that the signer is one whom you chose to trust.
    problem      what kept the XMP from being read, or "".
    """

    path: str
    format: str
    size: tuple[int, int]
    bytes: int
    papers: Papers
    credentials: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "size": list(self.size), "credentials": dict(self.credentials)}

    def rows(self) -> list[tuple[str, str]]:
        """(what, its value) of everything that is there, as a person reads it."""
        values = asdict(self.papers)
        rows = [("file", f"{self.path}, {self.format}, {self.size[0]} x {self.size[1]} pixels, {self.bytes:,} bytes")]
        for name, said in _SAID.items():
            if text := values[name]:
                rows.append((said, f"{_SOURCES[text]} ({text})" if text in _SOURCES else text))
        if not values["source"]:
            rows.insert(1, ("AI content", "the file says nothing of it"))
        if self.credentials:
            found = self.credentials
            words = [found["state"], f"signed by {found['issuer']}" if found.get("issuer") else "", *found.get("problems", [])]
            rows.append(("C2PA", ", ".join(filter(None, words))))
        else:
            rows.append(("C2PA", "no content credentials"))
        if self.problem:
            rows.append(("problem", self.problem))
        return rows

    def __str__(self) -> str:
        return "\n".join(f"{what:<15}{_one_line(text)}" for what, text in self.rows())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cells = "".join(
            f'<tr><th scope="row" style="text-align:left;vertical-align:top">{escape(what)}</th>'
            f'<td style="text-align:left;overflow-wrap:anywhere">{escape(text)}</td></tr>'
            for what, text in self.rows()
        )
        return f"<table>{cells}</table>"


def papers(source: str | Path | bytes, *, trust: str | Path | bytes | None = None) -> Carried:
    """What a JPEG, PNG, WebP or AVIF file says of itself: AI mark, alt text, licence, prompt, content credentials.

    trust   PEM certificates, or a file of them, whose signatures count as "Trusted".

    The file may come from anywhere: its pixels are not decoded, nothing in it is run or looked up, and XML with entities is
    refused. Raises ImageError when the file is missing, of another kind, damaged, or over 256 MiB.
    """
    data, name = (source, f"<{len(source)} bytes>") if isinstance(source, bytes) else (read_file(source, MAX_FILE), str(source))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                kind, size = image.format or "", image.size
                packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
        except Image.DecompressionBombError as error:
            raise ImageError("image", name, "at most 100 megapixels") from error
        except UnidentifiedImageError as error:
            raise ImageError("image", name, "a JPEG, PNG, WebP or AVIF file", "This is no such file.") from error
        except Exception as error:  # whatever a decoder makes of hostile bytes
            raise ImageError("image", name, "a whole image file", f"This one is damaged ({type(error).__name__}).") from error
    if size[0] * size[1] > MAX_PIXELS:
        raise ImageError("image", f"{size[0]} x {size[1]} pixels", "at most 100 megapixels")
    found, problem = Papers(), ""
    try:
        found = read(packet) if packet else found
    except ImageError as error:
        problem = str(error)
    return Carried(name, kind, size, len(data), found, credentials.read(data, kind, trust=trust), problem)


def _one_line(text: str, longest: int = 400) -> str:
    """For a terminal: nothing in it moves the cursor or colours what follows."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


__all__ = ["Carried", "papers"]
