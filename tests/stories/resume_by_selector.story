# EX-285, EX-284, EX-286, EX-672: only what matches; a supplied value may be set again.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: p, template: ask}
      - {name: q, template: ask}
  - name: ask
    suspend: {}
    outputs: {parameters: [{name: go, valueFrom: {supplied: {}, default: none}}]}
---
00:00  begin                     -> demo[0].p Running, demo[0].q Running
00:01  set displayName=q go=one  -> demo[0].q Running
00:02  set displayName=q go=two  -> demo[0].q Running
00:03  resume displayName=q,phase!=Failed  -> demo[0].q Succeeded, demo[0].p Running
00:04  resume templateName==ask  -> demo[0].p Succeeded, workflow Succeeded
---
demo[0].p  Suspend  Succeeded | outputs: go=none
demo[0].q  Suspend  Succeeded | outputs: go=two
...
