"""Alt texts: a draft from the prompt, in a table that a person edits; what they wrote goes into the files at the next export."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

FILE = "alt.csv"
COLUMNS = ("file", "placement", "alt", "status")
DRAFT, EDITED = "draft", "edited"
LONGEST = 150  # characters of a draft: screen readers read an alt text in one breath
_MAX_FILE = 4 * 2**20
_MAX_ALT = 2000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula at the start of a cell

# Words that say how a picture is to look and to be made, not what it shows.
_HOW = re.compile(
    r"\b(masterpiece|(?:best|high|top|ultra|studio) quality|(?:highly|very|ultra|extremely|intricately?) detailed|intricate|sharp focus"
    r"|[48]k|uhd|hdr|hd|raw photo|award[- ]winning|trending|artstation|octane|unreal engine|v-?ray|bokeh|depth of field|f/?\d"
    r"|\d+ ?mm|lighting|lit|render(?:ing|ed)?|photorealis\w+|realistic|cinematic|professional|commercial|product photo\w*"
    r"|copy ?space|negative space|minimalis\w+|aesthetic|style|vibrant|stock)\b",
    re.IGNORECASE,
)
_NETWORK = re.compile(r"<(?:lora|lyco|hypernet):[^<>]*>", re.IGNORECASE)
_WEIGHT = re.compile(r"[(\[]([^()\[\]]*?)(?::\s*[\d.]+)?[)\]]")


@dataclass(frozen=True)
class Alt:
    """The alt text of one placement's file, and whether a person wrote it."""

    text: str
    edited: bool = False


def draft(prompt: str) -> str:
    """What the picture shows, in a sentence of at most 150 characters from its prompt: weights, LoRAs and style words left out.

    A draft: only a person who looks at the picture knows what it shows. "" where the prompt says nothing.
    """
    text = _NETWORK.sub(" ", prompt)
    for _ in range(8):  # weights stand in one another
        text, before = _WEIGHT.sub(r"\1", text), text
        if text == before:
            break
    clauses = [re.sub(r"\s+", " ", part).strip(" .;:\\") for part in re.split(r"[,\n]|\bBREAK\b", text)]
    clauses = list(dict.fromkeys(filter(None, clauses)))
    shown = [c for i, c in enumerate(clauses) if i == 0 or not _HOW.search(c)]
    words = ""
    for clause in shown:
        longer = f"{words}, {clause}" if words else clause
        if len(longer) > LONGEST - 1:
            break
        words = longer
    words = words or (shown[0][: LONGEST - 2].rsplit(" ", 1)[0] + "…" if shown else "")
    return words and words[0].upper() + words[1:] + ("" if words[-1] in ".!?…" else ".")


def kept(folder: Path, earlier: Mapping[str, str]) -> dict[str, str]:
    """{placement: alt text} that a person wrote into the folder's alt.csv.

    earlier   {placement: the draft that sdkit put there}; a row that says another thing was edited, and so was one whose status
              says so. Comma or semicolon, UTF-8 or a spreadsheet's own Windows-1252. Raises InputError when the table is there
              and does not read: a person's words are not to be lost.
    """
    path = folder / FILE
    try:
        data = path.read_bytes()[: _MAX_FILE + 1] if path.is_file() else b""
    except OSError as error:
        raise InputError("alt.csv", str(path), f"a readable table ({error.strerror or error})") from error
    if not data:
        return {}
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    found: dict[str, str] = {}
    lines = text.splitlines()
    between = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=between)) if len(data) <= _MAX_FILE else []
    except csv.Error as error:
        raise InputError("alt.csv", str(path), f"a table of comma-separated values ({error})") from error
    if not rows or not {"placement", "alt"} <= set(rows[0]):
        columns = ", ".join(COLUMNS)
        raise InputError("alt.csv", str(path), f"a table with the columns {columns}", "Mend it, or delete it for new drafts.")
    for row in rows:
        name, alt = (row.get("placement") or "").strip(), _opened(row.get("alt") or "")
        if alt and (alt != earlier.get(name, "") or row.get("status") == EDITED):
            found[name] = alt[:_MAX_ALT]
    return found


def table(rows: Iterable[tuple[str, str, Alt]]) -> bytes:
    """alt.csv of (file, placement, alt) rows, as a spreadsheet opens it: UTF-8 with its mark, no cell a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for file, placement, alt in rows:
        writer.writerow((file, placement, cell(alt.text), EDITED if alt.edited else DRAFT))
    return out.getvalue().encode("utf-8-sig", "replace")


def is_ours(data: bytes) -> bool:
    """Whether a file begins as `table` begins it, whatever a spreadsheet made of its commas and quotes."""
    head = data[:200].decode("utf-8-sig", "replace").partition("\n")[0]
    return re.sub(r'["\s]', "", head).replace(";", ",").split(",")[: len(COLUMNS)] == list(COLUMNS)


def cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def _opened(cell: str) -> str:
    text = cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
    return re.sub(r"\s+", " ", text).strip()


__all__ = ["DRAFT", "EDITED", "FILE", "Alt", "cell", "draft", "is_ours", "kept", "table"]
