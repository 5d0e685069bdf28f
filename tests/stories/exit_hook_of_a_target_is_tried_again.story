# EX-245, EX-302: a retry by hand looks at such a hook once more, and does not take the dag for done without it.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, hooks: {exit: {template: ok, expression: "'q'"}}}
      - {name: b, template: sub}
  - {name: sub, steps: [[{name: x, template: ok}]]}
---
00:00  begin                -> start demo.a, start demo.b[0].x
00:01  demo.a exits 0       -> demo Running
00:02  demo.b[0].x exits 1  -> workflow Error
01:00  retry                -> start demo.b[0].x
01:01  demo.b[0].x exits 0  -> workflow Error
