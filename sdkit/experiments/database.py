"""One SQLite file: opened safely, shared by threads and processes, every failure a StoreError that says what to do."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import StoreError
from .migrations import APPLICATION_ID, MIGRATIONS, migrate

WAIT = 30.0  # seconds to wait for another process's write
_left_to_parent: list[sqlite3.Connection] = []  # closing a connection made before a fork could harm the parent's


class Database:
    """The store's SQLite file, in WAL mode.

    One connection behind a lock, so any thread may use it. It is opened anew when the file was moved away or made
    again under it, and in a forked process. Commits are FULL: 2 ms against a second of generation, and then a row on
    disk can't be lost to a power cut that its image survives.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._mark: tuple[int, ...] = ()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from. Raises StoreError."""
        with self._lock, explained(self.path):
            yield self._current()

    @contextlib.contextmanager
    def writing(self, undo: list[Callable[[], None]] | None = None) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction that holds the file's write lock: no other process writes meanwhile.

        On any error nothing is changed, and what the block appended to `undo` is called. Raises StoreError.
        """
        with self._lock, explained(self.path):
            connection = self._current()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException as error:
                if connection.in_transaction or _surely_failed(error):
                    for step in undo or ():
                        step()
                if connection.in_transaction:
                    with contextlib.suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file. It opens again at the next use."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

    def _current(self) -> sqlite3.Connection:
        try:
            stat = self.path.stat()
            mark: tuple[int, ...] = (os.getpid(), stat.st_dev, stat.st_ino)
        except FileNotFoundError:
            mark = ()
        if self._connection is not None and mark == self._mark:
            return self._connection
        if self._connection is not None and self._mark[0] != os.getpid():
            _left_to_parent.append(self._connection)
            self._connection = None
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, self.path)
            stat = self.path.stat()
        except BaseException:
            connection.close()
            raise
        self._connection, self._mark = connection, (os.getpid(), stat.st_dev, stat.st_ino)
        return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Check that the file is ours and not newer, before anything in it changes; then bring it up to date."""
    _check(connection, path)
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        for attempt in range(50):  # SQLite does not wait by itself while another process makes the same switch
            try:  # a network drive may keep another mode: slower, and just as safe
                connection.execute("PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError as error:
                if attempt == 49 or not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                    raise
                time.sleep(0.1)
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _check(connection, path)  # another process may have been faster
        migrate(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreError(f"{path} is no experiment store, but another program's SQLite file. Choose another folder.")
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} was written by a newer sdkit (store version {version}; this one knows up to {len(MIGRATIONS)}). "
            "Upgrade with: pip install --upgrade sdkit. Nothing in it was changed."
        )


def _surely_failed(error: BaseException) -> bool:
    """False where a transaction that is no longer open may have reached the disk: an interrupt that came just after the
    commit, or a failed fsync."""
    return isinstance(error, sqlite3.Error) and "FSYNC" not in getattr(error, "sqlite_errorname", "")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into a StoreError that names `path` and says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {_advice(getattr(error, 'sqlite_errorname', ''), path)} ({error})") from error
    except OSError as error:
        kind = {
            errno.ENOSPC: "SQLITE_FULL",
            errno.EFBIG: "SQLITE_FULL",
            errno.EDQUOT: "SQLITE_FULL",
            errno.EACCES: "SQLITE_READONLY",
            errno.EPERM: "SQLITE_READONLY",
            errno.EROFS: "SQLITE_READONLY",
            errno.ENOTDIR: "folder",
            errno.EEXIST: "folder",
        }.get(error.errno or 0, "")
        raise StoreError(f"{error.filename or path}: {_advice(kind, path)} ({error.strerror or error})") from error


def _advice(kind: str, path: Path) -> str:
    if kind.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"another process has kept the store locked for {WAIT:.0f} s. Close it, or choose another folder."
    if kind.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return (
            f"the store's table file is damaged. Move {path.name} (and {path.name}-wal, {path.name}-shm) aside and open the "
            "folder again: every picture in images/ carries a receipt, and a new table is made from them."
        )
    if kind.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE")):
        return "no room left to write. Free some disk space and try again; the store is as it was."
    if kind.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return "the store cannot be opened for writing. Check the folder's permissions, or choose another folder."
    if kind == "folder":
        return "the store needs a folder, and there is a file in its way. Choose another folder."
    return "the store could not be read or written; it is as it was."
