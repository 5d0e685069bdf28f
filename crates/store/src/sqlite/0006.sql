-- Format 6. What nobody read is gone (a run's template is a label of it), and archived runs are found by their names.

ALTER TABLE summary DROP COLUMN template;
DROP TABLE snapshot;

CREATE INDEX summary_filed_name ON summary (name, kind) WHERE archived = 1;
