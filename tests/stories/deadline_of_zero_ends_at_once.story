# EX-291, EX-388, OB-120: zero seconds are over before anything starts; the exit handler does.
manifest: |
  activeDeadlineSeconds: 0
  onExit: ok
  templates:
  - name: main
    steps: [[{name: a, template: ok}, {name: w, template: wait}, {name: r, template: again}], [{name: b, template: ok}]]
  - {name: wait, suspend: {}}
  - name: again
    retryStrategy: {limit: 2}
    container: {image: any}
---
00:00  begin                -> start demo.onExit
00:01  demo.onExit exits 0  -> workflow Failed "child 'demo-3048047209' failed"
---
workflow       Failed  child '{demo[0].a}' failed
demo           Steps      Failed  child '{demo[0].a}' failed
demo[0]        StepGroup  Failed  child '{demo[0].a}' failed
demo[0].a      Pod        Failed  Step exceeded its deadline
demo[0].w      Suspend    Failed  Step exceeded its deadline
demo[0].r      Retry      Failed  retry exceeded workflow deadline 2030-01-01 00:00:00 +0000 UTC
demo[0].r(0)   Pod        Failed  Step exceeded its deadline
demo.onExit    Pod        Succeeded
