# EX-701, EX-132, EX-133, EX-580: siblings run to their end; later groups never start.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: fail}, {name: b, template: ok}], [{name: c, template: ok}]]
---
00:00  begin              -> start demo[0].a, start demo[0].b
00:01  demo[0].a exits 1  -> demo[0] Running
00:05  demo[0].b exits 0  -> demo[0] Failed, workflow Failed, no demo[1]
---
workflow   Failed  child '{demo[0].a}' failed
demo       Steps      Failed     child '{demo[0].a}' failed
demo[0]    StepGroup  Failed     child '{demo[0].a}' failed
demo[0].a  Pod        Failed     main: Error (exit code 1)
demo[0].b  Pod        Succeeded
