# EX-245, EX-171, EX-068: an exit hook whose expression cannot be judged, at a target of a dag, is the dag's own error; what is ready
# beside it is not begun, and what runs there runs to its end.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, hooks: {exit: {template: ok, expression: "'q'"}}}
      - {name: b, template: ok}
      - {name: c, template: ok, depends: b}
---
00:00  begin           -> start demo.a, start demo.b
00:01  demo.a exits 0  -> demo Running, no demo.a.onExit
00:02  demo.b exits 0  -> workflow Error, no demo.c
---
workflow  Error  error in entry template execution: unable to cast expression result 'q' to bool
demo      DAG    Error      unable to cast expression result 'q' to bool | outbound:
demo.a    Pod    Succeeded
demo.b    Pod    Succeeded
