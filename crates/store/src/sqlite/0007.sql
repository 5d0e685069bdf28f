-- Format 7. The times of an archived run as they were, apart from what lists read. They are a few hundred bytes or a few
-- megabytes, and read only by who looks at that run.

CREATE TABLE times (machine INTEGER PRIMARY KEY, body BLOB NOT NULL);
