-- Format 8. Remembered results in the order of their last use, by which they are forgotten: without it every body is read.

CREATE INDEX memo_hit ON memo (hit_us);
