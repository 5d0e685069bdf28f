-- Format 3. What lists show of an archived run, so that a page of them need not read whole documents.

CREATE TABLE brief (machine INTEGER PRIMARY KEY, body BLOB NOT NULL);
