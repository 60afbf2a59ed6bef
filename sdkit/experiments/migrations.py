"""How the store's tables came to be. Append only: a migration that has shipped never changes, a new one goes last.

The number of migrations a file has seen is its `user_version`, so a file with a higher number than there are
migrations here was written by a newer sdkit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

APPLICATION_ID = 0x73646B69  # "sdki", in the file's header: tells the store from other programs' SQLite files

MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = []


def migration(step: Callable[[sqlite3.Connection], None]) -> Callable[[sqlite3.Connection], None]:
    """Append a step. It runs once a file, inside one transaction with all the others that the file lacks."""
    MIGRATIONS.append(step)
    return step


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date. The caller holds the write lock, and has checked that the file is not newer."""
    (seen,) = connection.execute("PRAGMA user_version").fetchone()
    for step in MIGRATIONS[seen:]:
        step(connection)
    if seen < len(MIGRATIONS):
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


@migration
def m001_images(connection: sqlite3.Connection) -> None:
    """One row a picture."""
    connection.execute(
        """
        CREATE TABLE images (
            id TEXT PRIMARY KEY,            -- sortable in order of adding
            created TEXT NOT NULL,          -- UTC, ISO 8601, to the millisecond
            key TEXT NOT NULL,              -- Request.key
            prompt TEXT NOT NULL,           -- as the model got it
            template TEXT NOT NULL,         -- as the person wrote it
            choices TEXT NOT NULL,          -- JSON [[slot, value], ...]
            negative TEXT NOT NULL,
            seed INTEGER NOT NULL,
            width INTEGER NOT NULL,         -- pixels, of the stored picture
            height INTEGER NOT NULL,
            steps INTEGER NOT NULL,
            guidance REAL NOT NULL,
            scheduler TEXT NOT NULL,        -- as used
            strength REAL,                  -- NULL where there was no image to start from
            kind TEXT NOT NULL,             -- text2img, img2img, inpaint
            loras TEXT NOT NULL,            -- JSON [[name, weight], ...]
            model TEXT NOT NULL,
            model_hash TEXT NOT NULL,
            family TEXT NOT NULL,
            device TEXT NOT NULL,
            dtype TEXT NOT NULL,
            batch INTEGER NOT NULL,
            libraries TEXT NOT NULL,        -- JSON {name: version}
            seconds REAL NOT NULL,
            path TEXT NOT NULL,             -- relative to the store's folder, with forward slashes
            request TEXT NOT NULL,          -- JSON, Request.to_dict()
            experiment TEXT NOT NULL,       -- the name a person gave the run, or ''
            session TEXT NOT NULL,          -- which opening of the store added it
            note TEXT NOT NULL
        )
        """
    )
    connection.execute("CREATE INDEX images_key ON images (key)")
    connection.execute("CREATE INDEX images_path ON images (path)")
    connection.execute("CREATE INDEX images_experiment ON images (experiment)")


@migration
def m002_measures(connection: sqlite3.Connection) -> None:
    """What is measured of a picture without anyone looking at it. A picture without a row here was never measured."""
    connection.execute(
        """
        CREATE TABLE measures (
            id TEXT PRIMARY KEY,            -- of the picture
            sharpness REAL NOT NULL,        -- these and their units: measures.py
            contrast REAL NOT NULL,
            brightness REAL NOT NULL,
            colourfulness REAL NOT NULL,
            copy_left REAL NOT NULL,
            copy_right REAL NOT NULL,
            copy_top REAL NOT NULL,
            copy_bottom REAL NOT NULL,
            palette TEXT NOT NULL,          -- JSON [[hex, share], ...]
            dhash TEXT NOT NULL,            -- 'd' and 16 hex digits
            flaw TEXT NOT NULL              -- black, white, blank, nan, or ''
        )
        """
    )


@migration
def m003_events(connection: sqlite3.Connection) -> None:
    """What people say of pictures. Rows are added and never changed: the last word of a rater counts."""
    connection.execute(
        """
        CREATE TABLE events (
            event INTEGER PRIMARY KEY,      -- in order of adding
            at TEXT NOT NULL,               -- UTC, ISO 8601, to the millisecond
            rater TEXT NOT NULL,
            kind TEXT NOT NULL,             -- stars, keep, pair, tag, note
            id TEXT NOT NULL,               -- the picture; of a pair the winner
            other TEXT NOT NULL,            -- of a pair the loser, else ''
            value REAL NOT NULL,            -- stars 1 to 5; keep 1, reject 0; pair won 1, tie 0.5; tag on 1, off 0
            text TEXT NOT NULL              -- the tag or the note
        )
        """
    )
    connection.execute("CREATE INDEX events_id ON events (id)")
    connection.execute("CREATE INDEX events_kind ON events (kind)")


@migration
def m004_search(connection: sqlite3.Connection) -> None:
    """Full-text search, kept in step by triggers. An SQLite built without FTS5 goes without it, and search reads all rows."""
    if not connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0]:
        return
    # Its own copy of the words: the images table has no lasting row numbers that an index could point to.
    connection.execute(
        "CREATE VIRTUAL TABLE words USING fts5(id UNINDEXED, prompt, negative, note, tokenize = 'unicode61 remove_diacritics 2')"
    )
    connection.execute("INSERT INTO words SELECT id, prompt, negative, note FROM images")
    connection.execute(
        "CREATE TRIGGER words_of_images AFTER INSERT ON images BEGIN "
        "INSERT INTO words VALUES (new.id, new.prompt, new.negative, new.note); END"
    )
    connection.execute(
        "CREATE TRIGGER words_of_events AFTER INSERT ON events WHEN new.kind IN ('note', 'tag') BEGIN "
        "INSERT INTO words VALUES (new.id, '', '', new.text); END"
    )


@migration
def m005_sources(connection: sqlite3.Connection) -> None:
    """What a picture started from. Those of before are known by the first digits of their pixels' hash alone."""
    for name, of in (("source", "image"), ("mask_source", "mask")):
        connection.execute(f"ALTER TABLE images ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")  # '' where there is none
        connection.execute(
            f"UPDATE images SET {name} = coalesce(substr(json_extract(request, '$.{of}'), 1, 8), '') WHERE kind != 'text2img'"
        )
