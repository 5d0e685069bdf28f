-- Format 2. Who a run was submitted to, and the archive in the order of its runs' starts.

ALTER TABLE summary ADD COLUMN engine TEXT NOT NULL DEFAULT '';

CREATE INDEX summary_engine ON summary (engine, uid) WHERE engine <> '' AND finished_us IS NULL;
CREATE INDEX summary_filed ON summary (kind, started_us, uid, namespace, name) WHERE archived = 1;
CREATE INDEX summary_unfiled ON summary (kind, started_us, uid) WHERE here = 1 AND archived = 0;
