"""The tables, and how a file of an older version becomes one of today's."""

from __future__ import annotations

# Each brings a file of the version before it up to its own. What is in here was released: add, never change.
MIGRATIONS = (
    """
    CREATE TABLE visitors (owner TEXT PRIMARY KEY, seen REAL, corpus TEXT, in_use TEXT) STRICT;
    CREATE TABLE corpora (id TEXT PRIMARY KEY, owner TEXT, name TEXT, sentences INTEGER, created REAL) STRICT;
    CREATE TABLE models (id TEXT PRIMARY KEY, owner TEXT, name TEXT, origin TEXT, family TEXT, run TEXT, created REAL)
        STRICT;
    CREATE TABLE runs (id TEXT PRIMARY KEY, owner TEXT, name TEXT, config TEXT, start_from TEXT, aside INTEGER,
        state TEXT, message TEXT, model INTEGER, resumable INTEGER, turn INTEGER, threads INTEGER, created REAL) STRICT;
    CREATE TABLE shares (code TEXT PRIMARY KEY, owner TEXT, kind TEXT, target TEXT, created REAL) STRICT;
    CREATE INDEX models_of ON models (owner);
    CREATE INDEX runs_of ON runs (owner);
    CREATE INDEX shares_of ON shares (owner);
    """,
    "ALTER TABLE runs ADD COLUMN asked REAL NOT NULL DEFAULT 0",
    """
    CREATE TABLE comparisons (id TEXT PRIMARY KEY, owner TEXT, slot TEXT, content TEXT, created REAL) STRICT;
    CREATE INDEX comparisons_of ON comparisons (owner);
    """,
)
