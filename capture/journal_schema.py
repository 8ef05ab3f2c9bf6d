"""The tables of a session's journal; `capture.journal` alone reads and writes them."""

from __future__ import annotations

import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS shots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    taken_at TEXT NOT NULL,
    camera TEXT NOT NULL,
    settings TEXT,
    findings TEXT
);
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    shot_id INTEGER NOT NULL REFERENCES shots(id),
    role TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE,
    camera_path TEXT,
    size_bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    fault TEXT,
    stored_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS files_of_shot ON files(shot_id);
CREATE INDEX IF NOT EXISTS files_whatever_case ON files(path COLLATE NOCASE);
CREATE TABLE IF NOT EXISTS arrivals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    shot_id INTEGER NOT NULL REFERENCES shots(id),
    camera TEXT NOT NULL,
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    size_bytes INTEGER,
    in_ram INTEGER NOT NULL,
    made_s INTEGER,
    wanted TEXT NOT NULL,
    target TEXT,
    digest TEXT,
    safe INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS arrivals_waiting ON arrivals(id) WHERE safe = 0;
CREATE INDEX IF NOT EXISTS arrivals_by_name ON arrivals(name);
CREATE TABLE IF NOT EXISTS cameras (camera TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS card_before (
    camera TEXT NOT NULL REFERENCES cameras(camera),
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    size_bytes INTEGER,
    made_s INTEGER
);
CREATE TABLE IF NOT EXISTS backups (
    path TEXT PRIMARY KEY REFERENCES files(path),
    copy TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS reshoots (shot_id INTEGER PRIMARY KEY REFERENCES shots(id));
"""


def name_functions(db: sqlite3.Connection) -> None:
    """Put the name before the digests of a journal that was begun when all were SHA-256."""
    if not _has_bare_digests(db):
        return
    with db:  # writes all, or nothing
        db.execute("BEGIN IMMEDIATE")
        if _has_bare_digests(db):  # nobody else was faster
            for table in ("files", "arrivals"):
                db.execute(f"ALTER TABLE {table} RENAME COLUMN sha256 TO digest")
                db.execute(f"UPDATE {table} SET digest = 'sha256:' || digest")


def _has_bare_digests(db: sqlite3.Connection) -> bool:
    columns = db.execute("SELECT name FROM pragma_table_info('files')").fetchall()
    return ("sha256",) in columns
