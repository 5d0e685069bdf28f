# EX-551, EX-552, EX-440, EX-032: a hook hangs below its step, the containers of a set below their pod.
manifest: |
  templates:
  - name: main
    steps: [[{name: build, template: ok, hooks: {ok: {template: ok, expression: steps.build.status == "Succeeded"}}}, {name: set, template: cs}]]
  - name: cs
    containerSet: {containers: [{name: main, image: cast}]}
---
00:00  begin                       -> start demo[0].build, start demo[0].set
00:01  demo[0].build exits 0       -> start demo[0].build.hooks.ok
00:02  demo[0].build.hooks.ok exits 0  -> demo[0] Running
---
demo[0].build.hooks.ok  Pod  Succeeded | id: demo-431093156 | flags: hooked
demo[0].set             Pod  Pending | id: demo-165621634 | children: demo[0].set.main
demo[0].set.main        Container  Pending | id: demo-184541345 | boundary: demo[0].set
...
