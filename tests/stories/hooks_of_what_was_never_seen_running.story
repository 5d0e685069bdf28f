# EX-632, EX-247: a pod that ended before anybody saw it run has run, and its hooks are told of both.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok, hooks: {run: {template: ok, expression: 'steps["a"].status == "Running"'}, end: {template: ok, expression: 'steps["a"].status == "Succeeded"'}}}, {name: b, template: ok, hooks: {run: {template: ok, expression: 'steps["b"].status == "Running"'}}}]]
---
00:00  begin                        -> start demo[0].a, start demo[0].b
00:01  demo[0].a exits 0            -> start demo[0].a.hooks.run, start demo[0].a.hooks.end
00:02  demo[0].b is refused no room -> no demo[0].b.hooks.run
00:03  demo[0].a.hooks.run exits 0  -> nothing
00:04  demo[0].a.hooks.end exits 0  -> workflow Failed
