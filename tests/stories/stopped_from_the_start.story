# OB-131, EX-287, EX-289, EX-326: a document that says `shutdown: Stop` runs its exit handler and nothing else.
manifest: |
  shutdown: Stop
  onExit: ok
  templates:
  - name: main
    steps: [[{name: a, template: ok}, {name: d, template: dag}]]
  - name: dag
    dag: {tasks: [{name: x, template: ok}, {name: z, template: ok, depends: x}]}
---
00:00  begin -> start demo.onExit
00:01  demo.onExit exits 0 -> workflow Failed "Stopped with strategy 'Stop'"
---
demo         Steps      Failed  child '{demo[0].a}' failed
demo[0]      StepGroup  Failed  child '{demo[0].a}' failed
demo[0].a    Pod        Failed  workflow shutdown with strategy: Stop
demo[0].d    DAG        Failed
demo[0].d.x  Pod        Failed  workflow shutdown with strategy: Stop
demo[0].d.z  Skipped    Omitted  omitted: depends condition not met
demo.onExit  Pod  Succeeded
