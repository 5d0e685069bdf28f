# EX-305, EX-308: a suspension that a stop ended is asked once more when the run is retried.
manifest: |
  templates:
  - name: main
    steps: [[{name: q, template: ask}], [{name: b, template: ok}]]
  - name: ask
    suspend: {}
    outputs: {parameters: [{name: go, valueFrom: {supplied: {}}}]}
---
00:00  begin                     -> demo[0].q Running
00:01  stop                      -> workflow Failed "Stopped with strategy 'Stop'"
01:00  retry                     -> demo[0].q Running, workflow Running
01:01  set displayName=q go=yes  -> demo[0].q Running
01:02  resume                    -> start demo[1].b
01:03  demo[1].b exits 0         -> workflow Succeeded
---
demo[0].q  Suspend  Succeeded | outputs: go=yes
...
