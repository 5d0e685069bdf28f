# EX-174: a dag of which only an exit hook runs has failed when it is stopped, once that has ended.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: ok, onExit: ok}]}
---
00:00  begin                   -> start demo.a
00:01  demo.a exits 0          -> start demo.a.onExit
00:02  stop                    -> demo Running
00:03  demo.a.onExit exits 0   -> workflow Failed "Stopped with strategy 'Stop'"
---
demo           DAG  Failed
demo.a         Pod  Succeeded
demo.a.onExit  Pod  Succeeded
