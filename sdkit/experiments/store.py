"""Every picture kept: rows in SQLite, PNGs named by their content, and none ever without the other.

    FOLDER/
      experiments.sqlite            one row a picture
      images/ab/abcdef....png       by the SHA-256 of the file
      unreadable/                   files found in images/ without a row and without a receipt that reads

A picture is written, and only then its row committed, both while the database's write lock is held. So a process killed
at any moment leaves at most a PNG without a row; whoever holds the lock knows that no such PNG is another process's
work in progress, and the next opening of the store adopts it by its receipt.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from ..codecs import open_image, write_atomic
from ..errors import InputError, SdkitError, StoreError, short
from ..result import Result
from .database import Database, explained
from .measures import INSERT_MEASURES, measure
from .row import COLUMNS, Recorded, Row, next_id, png_size, record

Reader = Callable[[bytes], Recorded]
RECOVERED = "recovered after an interruption"  # the note of a picture that was found without a row

_INSERT = f"INSERT INTO images ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_ADOPTED_AT_ONCE = 50  # pictures a transaction, so that other processes get their turn
_PNG_NAME = re.compile(r"[0-9a-f]{64}\.png")
_PART_NAME = re.compile(r"\.[0-9a-f]{64}\.png\..*\.part")


class Store:
    """A folder of experiments, safe to share between threads and processes.

    folder   made when it does not exist.
    reader   PNG bytes -> its receipt (request, made, seconds), or an SdkitError. With it, opening the store adopts
             pictures that a killed process left without a row; without it they stay where they are.
    session  recorded with each picture; one of its own for each opening by default.

    Opening raises StoreError when the folder cannot be used, its table file is damaged, or a newer sdkit wrote it.
    """

    def __init__(self, folder: str | os.PathLike[str], *, reader: Reader | None = None, session: str = "") -> None:
        self.folder = Path(folder).expanduser().absolute()
        self.reader = reader
        self.session = session or "s" + uuid4().hex[:8]
        self.database = Database(self.folder / "experiments.sqlite")
        with self.database.reading():  # a store that cannot be opened says so now
            pass
        try:
            self.recover()
        except StoreError as error:  # on a full disk, say: what is there can still be read
            warnings.warn(f"Pictures without a row were left for next time. {error}", stacklevel=2)

    def add(self, result: Result, png: bytes, *, experiment: str = "", note: str = "") -> Result:
        """Keep a result. Returns it with `id` and `path` set.

        `png` is the file to keep, as `receipts.write(result)` makes it; `experiment` the name of the run it belongs to.
        When this returns, the picture is on disk. Raises StoreError when it could not be written; then nothing has
        changed, and the result is still good.
        """
        png_size(png)
        measured = measure(result.image).record()
        undo: list[Callable[[], None]] = []
        with self.database.writing(undo) as connection:
            name = self.put(png, undo)
            now = datetime.now(UTC)
            id = next_id(connection.execute("SELECT max(id) FROM images").fetchone()[0], now)
            about = {"experiment": experiment, "session": self.session, "note": note}
            connection.execute(_INSERT, record(result, png, name, id=id, created=now, **about))
            connection.execute(INSERT_MEASURES, (id, *measured))
        return dataclasses.replace(result, id=id, path=str(self.folder / name))

    def put(self, png: bytes, undo: list[Callable[[], None]]) -> str:
        """Write a PNG where its content belongs, and return its stored name. The caller holds the write lock, and calls what is
        put in `undo` when no row follows."""
        name = _name(png)
        path = self.folder / name
        if not path.exists():
            undo.append(lambda: path.unlink(missing_ok=True))
        write_atomic(path, png, durable=True)
        _sync_folder(path.parent)
        return name

    def get(self, id: str) -> Row:
        """The row with this id. Raises InputError when there is none."""
        found = self.records(where="id = ?", values=(id,))
        if not found:
            raise InputError("id", id, f"the id of one of the {len(self)} pictures in {self.folder}")
        return Row.read(found[0], self.folder)

    def find(self, key: str) -> list[Row]:
        """The pictures already made for a request, by `Request.key`, oldest first; only those whose file is there.

        The key says nothing of the model: compare `model_hash` where that matters.
        """
        rows = (Row.read(r, self.folder) for r in self.records(where="key = ?", values=(key,)))
        return [row for row in rows if row.path.is_file()]

    def rows(
        self, *, experiment: str | None = None, session: str | None = None, kind: str | None = None, last: int | None = None
    ) -> list[Row]:
        """Rows in order of adding: all, or those of one experiment, session or kind; of these, the `last` so many."""
        where, values = filters(experiment=experiment, session=session, kind=kind)
        return [Row.read(r, self.folder) for r in self.records(where=where, values=values, last=last)]

    def records(
        self, columns: Sequence[str] = COLUMNS, *, where: str = "1", values: Sequence[Any] = (), last: int | None = None,
        table: str = "images",
    ) -> list[tuple[Any, ...]]:  # fmt: skip
        """Database records as they are stored, in order of adding. `where`, `table` are SQL: never build them from outside text."""
        if last is not None and (isinstance(last, bool) or not isinstance(last, int) or last < 0):
            raise InputError("last", last, "a whole number of rows, 0 or more, or None for all")
        order = "ORDER BY id" if last is None else f"ORDER BY id DESC LIMIT {last}"
        with self.database.reading() as connection:
            found = connection.execute(
                f"SELECT {', '.join(columns)} FROM {table} WHERE {where} {order}", tuple(values)
            ).fetchall()
        return found if last is None else found[::-1]

    def claim(self, id: str, experiment: str) -> None:
        """Give a picture that was recovered after an interruption back to its experiment; any other stays as it is."""
        with self.database.writing() as connection:
            connection.execute(
                "UPDATE images SET experiment = ? WHERE id = ? AND experiment = '' AND note = ?", (experiment, id, RECOVERED)
            )

    def locate(self, what: object) -> Path:
        """The PNG of an id, of a row (of the store or of its frame), of a Result, or at a path.

        Raises InputError when `what` is none of these, and StoreError when the picture's file is gone.
        """
        id, path = (what, what) if isinstance(what, str) else (None, what) if isinstance(what, Path) else _id_and_path(what)
        if isinstance(id, str) and (found := self.records(("path",), where="id = ?", values=(id,))):
            file = self.folder / found[0][0]
            if not file.is_file():
                raise StoreError(f"{file}: the picture of {id} is gone. Put the file back, or make it again from its row.")
            return file
        with contextlib.suppress(OSError, ValueError):
            if isinstance(path, str | Path) and path and Path(path).is_file():
                return Path(path).absolute()
        raise InputError(
            "row", what, "an id in the store, one row of its frame such as frame.iloc[0], a Result, or the path of a PNG",
            f"The store is {self.folder}, with {len(self)} pictures.",
        )  # fmt: skip

    def __len__(self) -> int:
        with self.database.reading() as connection:
            return connection.execute("SELECT count(*) FROM images").fetchone()[0]

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r}): {len(self)} pictures"

    def close(self) -> None:
        """Close the table file. It opens again at the next use."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def recover(self) -> int:
        """Adopt pictures without a row, sweep up half-written files; the number adopted. Opening the store does this."""
        with explained(self.folder):
            strays, parts = self._strays()
            if parts:
                with self.database.writing():
                    for part in parts:
                        part.unlink(missing_ok=True)
        if self.reader is None:
            return 0
        adopted = 0
        for start in range(0, len(strays), _ADOPTED_AT_ONCE):
            with self.database.writing() as connection:
                last = connection.execute("SELECT max(id) FROM images").fetchone()[0]
                for name in strays[start : start + _ADOPTED_AT_ONCE]:
                    if connection.execute("SELECT 1 FROM images WHERE path = ?", (name,)).fetchone():
                        continue  # another process was finishing it while the folder was listed
                    found = self._adoptable(self.folder / name)
                    if found is None:
                        continue
                    png, receipt, made_at = found
                    last = next_id(last, datetime.now(UTC))
                    about = {"experiment": "", "session": self.session, "note": RECOVERED}
                    connection.execute(_INSERT, record(receipt, png, name, id=last, created=made_at, **about))
                    with contextlib.suppress(SdkitError):  # pixels that do not decode are not measured
                        connection.execute(INSERT_MEASURES, (last, *measure(open_image(png)).record()))
                    adopted += 1
        return adopted

    def _strays(self) -> tuple[list[str], list[Path]]:
        """Stored names of PNGs without a row, oldest first, and half-written files. Other files are none of ours."""
        names, parts = set(), []
        images = self.folder / "images"
        for folder in os.listdir(images) if images.is_dir() else ():
            if len(folder) != 2 or not (images / folder).is_dir():
                continue
            for file in os.listdir(images / folder):
                if _PNG_NAME.fullmatch(file) and file.startswith(folder):
                    names.add(f"images/{folder}/{file}")
                elif _PART_NAME.fullmatch(file):
                    parts.append(images / folder / file)
        if names:  # read after the listing, so that no row of a listed file is missed
            with self.database.reading() as connection:
                names -= {name for (name,) in connection.execute("SELECT path FROM images")}
        ages = {}
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                ages[name] = (self.folder / name).stat().st_mtime_ns
        return sorted(ages, key=ages.__getitem__), parts

    def _adoptable(self, path: Path) -> tuple[bytes, Recorded, datetime] | None:
        """A stray picture's bytes, receipt and time; None where it does not read, and was put aside."""
        assert self.reader is not None
        try:
            png = path.read_bytes()
            made_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
        if hashlib.sha256(png).hexdigest() == path.stem:
            with contextlib.suppress(SdkitError):
                return png, self.reader(png), made_at
        aside = self.folder / "unreadable" / path.name
        aside.parent.mkdir(exist_ok=True)
        os.replace(path, aside)
        return None


def filters(**equal: str | None) -> tuple[str, tuple[str, ...]]:
    """SQL and values that select rows whose columns equal those given; None selects all."""
    given = {name: value for name, value in equal.items() if value is not None}
    return " AND ".join(f"{name} = ?" for name in given) or "1", tuple(given.values())


def _name(png: bytes) -> str:
    digest = hashlib.sha256(png).hexdigest()
    return f"images/{digest[:2]}/{digest}.png"


def _id_and_path(what: object) -> tuple[object, object]:
    """`id` and `path` of a mapping, a pandas Series, a Row or a Result."""
    get = getattr(what, "get", None) or (lambda name: getattr(what, name, None))
    try:
        return get("id"), get("path")
    except Exception as error:
        raise InputError("row", short(what), "an id, a row of the frame, a Result, or the path of a PNG") from error


def _sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's entries, so that a power cut can't keep a row and lose its file's name."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
