-- A state of format 8, as its release left it: one archived run, one that is going on, one template.
-- A piece of the museum: never edited.
BEGIN;
CREATE TABLE archive (machine INTEGER PRIMARY KEY, body BLOB NOT NULL, sum INTEGER);
INSERT INTO archive VALUES(1,X'7b226d65746164617461223a7b226e616d65223a22656e646564222c22756964223a227569642d656e646564227d7d',320786948);
CREATE TABLE brief (machine INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES('object',1);
CREATE TABLE document (machine INTEGER PRIMARY KEY, body BLOB NOT NULL, sum INTEGER);
INSERT INTO document VALUES(1,X'7b22776f726b666c6f77223a7b7d7d',982252373);
INSERT INTO document VALUES(2,X'7b22776f726b666c6f77223a7b7d7d',982252373);
CREATE TABLE inbox (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    machine INTEGER NOT NULL,
    body    BLOB NOT NULL
);
CREATE TABLE label (
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,
    machine INTEGER NOT NULL,
    PRIMARY KEY (key, value, machine)
) WITHOUT ROWID;
INSERT INTO label VALUES('team','red',1);
CREATE TABLE lock (name TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE machine (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    epoch   INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, id)
);
INSERT INTO machine VALUES(1,'workflow','uid-ended',1,1);
INSERT INTO machine VALUES(2,'workflow','uid-going',1,1);
CREATE TABLE memo (
    namespace  TEXT NOT NULL,
    cache      TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       BLOB NOT NULL,
    created_us INTEGER NOT NULL,
    hit_us     INTEGER NOT NULL,
    PRIMARY KEY (namespace, cache, key)
);
CREATE TABLE object (
    kind      TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name      TEXT NOT NULL,
    version   INTEGER NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (kind, namespace, name)
);
INSERT INTO object VALUES('WorkflowTemplate','default','kept',1,X'7b226b657074223a747275657d');
CREATE TABLE record (
    place  INTEGER PRIMARY KEY,
    at_us  INTEGER NOT NULL,
    format INTEGER NOT NULL,
    sum    INTEGER NOT NULL,
    body   BLOB NOT NULL
);
INSERT INTO record VALUES(68719476737,1001,1,1918115042,X'5b226f6e6c79225d');
INSERT INTO record VALUES(137438953473,1001,1,1908973147,X'5b226669727374225d');
INSERT INTO record VALUES(137438953474,1002,1,1181048592,X'5b227365636f6e64225d');
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
    here        INTEGER NOT NULL DEFAULT 1,
    archived    INTEGER NOT NULL DEFAULT 0, engine TEXT NOT NULL DEFAULT '', suspended INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, uid)
);
INSERT INTO summary VALUES(1,'workflow','uid-ended','default','ended','Succeeded','','1/1',1000,1001,2000,'{"team":"red"}',1,1,'',0);
INSERT INTO summary VALUES(2,'workflow','uid-going','default','going','Running','','0/2',3000,3001,NULL,'{}',1,0,'',0);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('machine',2);
CREATE TABLE times (machine INTEGER PRIMARY KEY, body BLOB NOT NULL);
INSERT INTO times VALUES(1,X'7b22223a5b312c325d7d');
CREATE VIEW journal AS
    SELECT m.kind, m.id, r.place & 68719476735 AS seq, r.at_us, r.format, CAST(r.body AS TEXT) AS body
    FROM machine m JOIN record r ON r.place BETWEEN m.number << 36 AND m.number << 36 | 68719476735;
CREATE INDEX inbox_machine ON inbox (machine, number);
CREATE UNIQUE INDEX summary_name ON summary (kind, namespace, name) WHERE here = 1;
CREATE INDEX summary_newest ON summary (kind, created_us, uid, namespace, name, here, archived);
CREATE INDEX summary_live ON summary (kind, created_us, uid) WHERE finished_us IS NULL;
CREATE INDEX summary_phase ON summary (kind, phase, created_us, uid);
CREATE INDEX label_machine ON label (machine);
CREATE INDEX summary_engine ON summary (engine, uid) WHERE engine <> '' AND finished_us IS NULL;
CREATE INDEX summary_filed ON summary (kind, started_us, uid, namespace, name) WHERE archived = 1;
CREATE INDEX summary_filed_name ON summary (name, kind) WHERE archived = 1;
CREATE INDEX summary_unfiled ON summary (kind, started_us, uid) WHERE here = 1 AND archived = 0;
CREATE INDEX memo_hit ON memo (hit_us);
PRAGMA user_version = 8;
PRAGMA application_id = 1953523827;
COMMIT;
