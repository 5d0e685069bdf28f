# OB-044, EX-727, EX-287, EX-289, EX-319: the pod is stopped and says why; the exit handler runs.
manifest: |
  onExit: ok
  templates:
  - name: main
    steps: [[{name: a, template: slow}]]
---
00:00  begin                -> start demo[0].a
00:05  demo[0].a runs       -> demo[0].a Running
00:06  stop                 -> stop demo[0].a
00:07  demo[0].a exits 143  -> start demo.onExit
00:08  demo.onExit exits 0  -> workflow Failed
---
workflow     Failed  Stopped with strategy 'Stop'
demo         Steps      Failed  child '{demo[0].a}' failed
demo[0]      StepGroup  Failed  child '{demo[0].a}' failed
demo[0].a    Pod        Failed  workflow shutdown with strategy:  Stop
demo.onExit  Pod        Succeeded
