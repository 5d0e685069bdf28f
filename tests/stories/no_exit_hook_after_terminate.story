# EX-288, EX-070: who terminates starts nothing more: exit hooks of steps and tasks leave no node.
manifest: |
  templates:
  - name: main
    steps: [[{name: h, template: ok, hooks: {exit: {template: ok}}}, {name: d, template: dag}]]
  - name: dag
    dag: {tasks: [{name: t, template: ok, onExit: ok}]}
---
00:00  begin                           -> start demo[0].h, start demo[0].d.t
00:01  terminate                       -> stop demo[0].h, stop demo[0].d.t
00:02  demo[0].h exits 143             -> no demo[0].h.onExit
00:03  demo[0].d.t exits 143           -> workflow Failed
---
workflow     Failed  Stopped with strategy 'Terminate'
demo         Steps      Failed  child '{demo[0].h}' failed
demo[0]      StepGroup  Failed  child '{demo[0].h}' failed
demo[0].h    Pod        Failed  workflow shutdown with strategy:  Terminate | children:
demo[0].d    DAG        Failed
demo[0].d.t  Pod        Failed  workflow shutdown with strategy:  Terminate | children:
