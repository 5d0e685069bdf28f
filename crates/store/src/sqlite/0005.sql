-- Format 5. Sums of what a run is and of what became of it, as records have them. NULL: written before there were any.

ALTER TABLE document ADD COLUMN sum INTEGER;
ALTER TABLE archive ADD COLUMN sum INTEGER;
