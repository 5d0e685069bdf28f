-- Format 1. Times are integer microseconds; bodies are opaque to the store.

CREATE TABLE machine (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    epoch   INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, id)
);

-- A machine's records lie side by side: place = machine.number << 36 | seq. Read them through `journal`.
CREATE TABLE record (
    place  INTEGER PRIMARY KEY,
    at_us  INTEGER NOT NULL,
    format INTEGER NOT NULL,
    sum    INTEGER NOT NULL,
    body   BLOB NOT NULL
);

CREATE VIEW journal AS
    SELECT m.kind, m.id, r.place & 68719476735 AS seq, r.at_us, r.format, CAST(r.body AS TEXT) AS body
    FROM machine m JOIN record r ON r.place BETWEEN m.number << 36 AND m.number << 36 | 68719476735;

CREATE TABLE snapshot (
    machine INTEGER PRIMARY KEY,
    seq     INTEGER NOT NULL,
    format  INTEGER NOT NULL,
    sum     INTEGER NOT NULL,
    body    BLOB NOT NULL
);

CREATE TABLE document (machine INTEGER PRIMARY KEY, body BLOB NOT NULL);

CREATE TABLE inbox (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    machine INTEGER NOT NULL,
    body    BLOB NOT NULL
);
CREATE INDEX inbox_machine ON inbox (machine, number);

-- One row a run serves every list. It outlives its machine when the run was archived.
CREATE TABLE summary (
    machine     INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,
    uid         TEXT NOT NULL,
    namespace   TEXT NOT NULL,
    name        TEXT NOT NULL,
    phase       TEXT NOT NULL,
    message     TEXT NOT NULL,
    progress    TEXT NOT NULL,
    created_us  INTEGER NOT NULL,
    started_us  INTEGER,
    finished_us INTEGER,
    labels      TEXT NOT NULL,
    template    TEXT,
    here        INTEGER NOT NULL DEFAULT 1,
    archived    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, uid)
);
CREATE UNIQUE INDEX summary_name ON summary (kind, namespace, name) WHERE here = 1;
CREATE INDEX summary_newest ON summary (kind, created_us, uid, namespace, name, here, archived);
CREATE INDEX summary_live ON summary (kind, created_us, uid) WHERE finished_us IS NULL;
CREATE INDEX summary_phase ON summary (kind, phase, created_us, uid);

CREATE TABLE label (
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,
    machine INTEGER NOT NULL,
    PRIMARY KEY (key, value, machine)
) WITHOUT ROWID;
CREATE INDEX label_machine ON label (machine);

CREATE TABLE archive (machine INTEGER PRIMARY KEY, body BLOB NOT NULL);

CREATE TABLE object (
    kind      TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name      TEXT NOT NULL,
    version   INTEGER NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (kind, namespace, name)
);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('object', 0);

CREATE TABLE lock (name TEXT PRIMARY KEY, body BLOB NOT NULL);

CREATE TABLE memo (
    namespace  TEXT NOT NULL,
    cache      TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       BLOB NOT NULL,
    created_us INTEGER NOT NULL,
    hit_us     INTEGER NOT NULL,
    PRIMARY KEY (namespace, cache, key)
);
