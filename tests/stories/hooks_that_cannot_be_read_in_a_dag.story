# EX-251, EX-246: in a dag the task itself is in Error, and what depends on it is left out.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, hooks: {odd: {template: ok}}}
      - {name: b, template: ok, hooks: {gone: {template: nope, expression: tasks.b.status == "Succeeded"}}}
      - {name: c, template: ok, depends: a}
      - {name: d, template: ok, depends: a.Errored && b.Errored}
---
00:00  begin           -> start demo.a, start demo.b
00:01  demo.a exits 0  -> nothing
00:02  demo.b exits 0  -> start demo.d
00:03  demo.d exits 0  -> workflow Error
---
demo               DAG      Error
demo.a             Pod      Error    Expression required for hook demo.a.hooks.odd
demo.b             Pod      Error    template nope not found
demo.c             Skipped  Omitted  omitted: depends condition not met
demo.b.hooks.gone  Skipped  Error    template nope not found
demo.d             Pod      Succeeded
