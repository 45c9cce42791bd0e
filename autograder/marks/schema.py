"""The tables of `marks.sqlite`."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS submissions (
    student TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    sandbox TEXT NOT NULL,
    source TEXT NOT NULL,
    flags TEXT NOT NULL,
    wall_seconds REAL NOT NULL,
    submitted_at TEXT NOT NULL,
    lms_id TEXT NOT NULL,
    graded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%S', 'now'))
);
CREATE TABLE IF NOT EXISTS outcomes (
    student TEXT NOT NULL REFERENCES submissions (student),
    test TEXT NOT NULL,
    outcome TEXT NOT NULL,
    message TEXT NOT NULL,
    detail TEXT NOT NULL,
    wall_seconds REAL NOT NULL,
    share REAL NOT NULL,
    device TEXT NOT NULL,
    grounds TEXT NOT NULL,
    PRIMARY KEY (student, test)
);
-- What tests showed of a model: zlib of msgpack. By themselves, for they are most of the file and few ask for them.
CREATE TABLE IF NOT EXISTS pictures (
    student TEXT NOT NULL REFERENCES submissions (student),
    test TEXT NOT NULL,
    pictures BLOB NOT NULL,
    PRIMARY KEY (student, test)
);
-- Where the class was found, and which feedback its students get, for commands that look at it again.
CREATE TABLE IF NOT EXISTS class (
    path TEXT NOT NULL,
    layout TEXT NOT NULL,
    feedback TEXT NOT NULL
);
-- What people decided, and what marks became: both only ever grow.
CREATE TABLE IF NOT EXISTS overrides (
    student TEXT NOT NULL,
    item TEXT NOT NULL,
    marks REAL NOT NULL,
    reason TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    made_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS history (
    student TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    why TEXT NOT NULL,
    total REAL NOT NULL,
    out_of REAL NOT NULL,
    items TEXT NOT NULL,
    digest TEXT NOT NULL
);
"""
