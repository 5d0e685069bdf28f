# EX-245: at a task that others depend on it changes nothing.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, hooks: {exit: {template: ok, expression: "'q'"}}}
      - {name: b, template: ok, depends: a}
---
00:00  begin           -> start demo.a
00:01  demo.a exits 0  -> start demo.b
00:02  demo.b exits 0  -> workflow Succeeded
