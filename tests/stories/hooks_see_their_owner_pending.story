# EX-247, EX-248: hooks are looked at as soon as their node is there; in a dag those of its targets only.
manifest: |
  hooks: {early: {template: ok, expression: 'workflow.status == "Pending"'}}
  templates:
  - name: main
    steps: [[{name: a, template: ok, hooks: {early: {template: ok, expression: 'steps["a"].status == "Pending"'}}}, {name: d, template: dag}]]
  - name: dag
    dag:
      tasks:
      - {name: x, template: ok, hooks: {early: {template: ok, expression: 'tasks["x"].status == "Pending"'}}}
      - {name: z, template: ok, depends: x, hooks: {early: {template: ok, expression: 'tasks["z"].status == "Pending"'}}}
---
00:00  begin                        -> start demo[0].a, start demo[0].a.hooks.early, start demo[0].d.x
00:01  demo[0].a runs               -> demo[0].a Running
00:01  demo[0].a.hooks.early exits 0 -> nothing
00:02  demo[0].a exits 0            -> demo[0].a Succeeded
00:03  demo[0].d.x runs             -> demo[0].d.x Running
00:04  demo[0].d.x exits 0          -> start demo[0].d.z, start demo[0].d.z.hooks.early, no demo[0].d.x.hooks.early
00:05  demo[0].d.z exits 0          -> demo Running
00:06  demo[0].d.z.hooks.early exits 0 -> workflow Succeeded, no demo.hooks.early
