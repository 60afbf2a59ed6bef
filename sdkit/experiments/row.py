"""One row of the store: what is known of one picture."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

from ..errors import InputError
from ..request import Request
from ..result import Made
from ..sources import short_hash

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: sorts as ASCII does, no i, l, o, u to misread
_JSON = frozenset({"choices", "loras", "libraries", "request"})


class Recorded(Protocol):
    """What a picture's receipt says of it; a Result says it too."""

    @property
    def request(self) -> Request:
        """What was asked for."""

    @property
    def made(self) -> Made:
        """What made it."""

    @property
    def seconds(self) -> float:
        """Wall time."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One picture in the store.

    id          "x" and nine characters, sortable in order of adding.
    created     UTC, ISO 8601, to the millisecond.
    key         Request.key: equal for requests that ask for the same pixels.
    width, height   of the stored picture, in pixels.
    scheduler   as used; what was asked for is in `request`.
    strength    None where there was no image to start from; source, what that image was called, and mask_source its mask.
    path        the PNG, absolute.
    request     as Request.to_dict() gave it.
    experiment  the name a person gave the run, session the opening of the store that added it, note free text.
    """

    id: str
    created: str
    key: str = field(repr=False)
    prompt: str
    template: str = field(repr=False)
    choices: tuple[tuple[str, str], ...] = field(repr=False)
    negative: str
    seed: int
    width: int
    height: int
    steps: int
    guidance: float
    scheduler: str
    strength: float | None
    kind: str
    loras: tuple[tuple[str, float], ...]
    model: str
    model_hash: str
    family: str = field(repr=False)
    device: str
    dtype: str
    batch: int = field(repr=False)
    libraries: Mapping[str, str] = field(repr=False)
    seconds: float
    path: Path
    request: Mapping[str, Any] = field(repr=False)
    experiment: str
    session: str = field(repr=False)
    note: str
    source: str = field(repr=False)
    mask_source: str = field(repr=False)

    @classmethod
    def read(cls, record: tuple[Any, ...], folder: Path) -> Self:
        """The row in a database record of all COLUMNS."""
        values = {name: json.loads(v) if name in _JSON else v for name, v in zip(COLUMNS, record, strict=True)}
        for name in ("choices", "loras"):
            values[name] = tuple((a, b) for a, b in values[name])
        return cls(**{**values, "path": folder / values["path"]})


COLUMNS = tuple(f.name for f in fields(Row))


def record(
    of: Recorded, png: bytes, path: str, *, id: str, created: datetime, experiment: str, session: str, note: str
) -> tuple[Any, ...]:
    """The database record, in the order of COLUMNS."""
    request, made = of.request, of.made
    width, height = png_size(png)
    plain = request.to_dict()
    values = {
        "id": id,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{created.microsecond // 1000:03d}Z",
        "key": request.key,
        "prompt": _text(request.prompt.text),
        "template": _text(request.prompt.template),
        "choices": json.dumps(request.prompt.choices),
        "negative": _text(request.negative),
        "seed": request.seed,
        "width": width,
        "height": height,
        "steps": request.steps,
        "guidance": request.guidance,
        "scheduler": _text(made.scheduler or request.scheduler),
        "strength": None if request.image is None else request.strength,
        "kind": request.kind,
        "loras": json.dumps(request.loras),
        **{name: _text(getattr(made, name)) for name in ("model", "model_hash", "family", "device", "dtype")},
        "batch": int(made.batch),
        "libraries": json.dumps({str(k): str(v) for k, v in made.libraries.items()}),
        "seconds": float(of.seconds),
        "path": path,
        "request": json.dumps(plain),
        "experiment": _text(experiment),
        "session": session,
        "note": _text(note),
        **{name: _text(text) for name, text in called(plain).items()},
    }
    return tuple(values[name] for name in COLUMNS)


def called(request: Mapping[str, Any]) -> dict[str, str]:
    """What the sources in a Request.to_dict() are called: by their labels, or by their pixels where they have none."""
    names = (("source", "image"), ("mask_source", "mask"))
    return {name: request.get(name) or short_hash(request.get(of)) for name, of in names}


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels from a PNG file's header. Raises InputError when the bytes are no PNG."""
    if png[:8] != b"\x89PNG\r\n\x1a\n" or len(png) < 24:
        raise InputError("png", png[:16], "the bytes of a PNG file, as receipts.write(result) makes them")
    width, height = struct.unpack_from(">II", png, 16)
    return width, height


def next_id(last: str | None, now: datetime) -> str:
    """An id after `last`: the time in milliseconds, or one more than the last where the clock has not moved on.

    The letter in front keeps spreadsheets from taking an id for a number.
    """
    number = int(now.timestamp() * 1000)
    if last is not None:
        before = 0
        for digit in last[1:]:
            before = before * 32 + _DIGITS.index(digit)
        number = max(number, before + 1)
    return "x" + "".join(_DIGITS[number >> shift & 31] for shift in range(40, -1, -5))


def _text(value: str) -> str:
    """Text that SQLite can hold: half a surrogate pair becomes "?". The request's JSON keeps it exact."""
    return value.encode("utf-8", "replace").decode("utf-8")
