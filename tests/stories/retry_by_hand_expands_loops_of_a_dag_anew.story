# EX-307: with other parameters the group of a loop stays where it is, and only what is in it comes to be again; without items
# it ends as a loop without items does (EX-197).
manifest: |
  arguments: {parameters: [{name: list, value: '["a", "b"]'}, {name: none, value: '[1]'}]}
  templates:
  - name: main
    dag:
      tasks:
      - name: l
        template: echo
        arguments: {parameters: [{name: m, value: "{{item}}"}]}
        withParam: "{{workflow.parameters.list}}"
        hooks: {run: {template: ok, expression: 'tasks.l.status == "Running"'}}
      - {name: m, template: ok, withParam: "{{workflow.parameters.none}}"}
      - {name: p, template: ok, depends: m.Skipped || m.Failed}
---
00:00  begin                             -> start demo.l(0:a), start demo.l(1:b), start demo.m(0:1), start demo.l.hooks.run
00:01  demo.l(0:a) exits 0               -> nothing
00:01  demo.l.hooks.run exits 0          -> nothing
00:02  demo.m(0:1) exits 1               -> start demo.p
00:03  demo.p exits 1                    -> nothing
00:04  demo.l(1:b) exits 1               -> workflow Failed
01:00  retry with list=["a","c"] none=[] -> start demo.l(0:a), start demo.l(1:c), demo.m Skipped, start demo.p, start demo.l.hooks.run
01:01  demo.l(0:a) exits 0               -> nothing
01:02  demo.l(1:c) exits 0               -> nothing
01:03  demo.l.hooks.run exits 0          -> nothing
01:04  demo.p exits 0                    -> workflow Succeeded
---
demo         DAG        Succeeded | children: demo.l; demo.m
demo.l       TaskGroup  Succeeded | children: demo.l(0:a); demo.l(1:c); demo.l.hooks.run | inputs:
demo.l(0:a)  Pod        Succeeded
demo.l(1:c)  Pod        Succeeded
demo.m       TaskGroup  Skipped  Skipped, empty params | children: demo.p
...
