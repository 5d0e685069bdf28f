# EX-289, EX-325: a request that runs is Failed at once when the workflow is stopped; what it still answers is not heard.
manifest: |
  templates:
  - name: main
    steps: [[{name: ask, template: ask}]]
  - name: ask
    http: {url: "http://example.org/"}
---
00:00  begin                -> start demo[0].ask
00:01  stop                 -> stop demo[0].ask, workflow Failed
00:02  demo[0].ask exits 0  -> workflow Failed
---
workflow     Failed  Stopped with strategy 'Stop'
demo         Steps      Failed  child '{demo[0].ask}' failed
demo[0]      StepGroup  Failed  child '{demo[0].ask}' failed
demo[0].ask  HTTP       Failed  Stopped with strategy 'Stop'
