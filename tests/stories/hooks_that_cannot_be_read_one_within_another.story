# EX-251: a target of a dag that is in Error already, by the hook of a task within it, breaks its own dag with its own hook, too.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: inner, hooks: {odd: {template: ok, expression: '"odd"'}}}]}
  - name: inner
    dag: {tasks: [{name: x, template: ok, hooks: {odd: {template: ok, expression: '"odd"'}}}]}
---
00:00  begin             -> start demo.a.x
00:01  demo.a.x exits 0  -> workflow Error "unable to cast expression result 'odd' to bool"
---
demo      DAG  Error  unable to cast expression result 'odd' to bool
demo.a    DAG  Error  unable to cast expression result 'odd' to bool
demo.a.x  Pod  Error  unable to cast expression result 'odd' to bool
