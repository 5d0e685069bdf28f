-- Format 4. Which runs a person holds back.

ALTER TABLE summary ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;
