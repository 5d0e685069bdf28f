# EX-263, EX-302, EX-307: the loop of a dag that a retry by hand keeps, and that waits for what it depends on, ends with its dag.
manifest: |
  arguments: {parameters: [{name: k, value: "1"}]}
  templates:
  - name: main
    failFast: true
    dag:
      tasks:
      - {name: a, template: try, hooks: {exit: {template: ok}}}
      - {name: l, template: ok, depends: a.Failed || a.Succeeded, withItems: [1, 2]}
  - name: try
    retryStrategy: {limit: 0}
    container: {image: any}
---
00:00  begin                               -> start demo.a(0)
00:01  demo.a(0) exits 0                   -> start demo.a.onExit
00:02  demo.a.onExit exits 0               -> start demo.l(0:1), start demo.l(1:2)
00:03  demo.l(0:1) exits 1                 -> nothing
00:04  demo.l(1:2) exits 0                 -> workflow Failed
01:00  retry also name=demo.a(0)           -> start demo.a(0), demo.l Running, demo.l(1:2) Succeeded
01:01  demo.a(0) exits 1                   -> workflow Failed
02:00  retry with k=2                      -> start demo.a(0), demo.l Running, no demo.l(1:2)
02:01  demo.a(0) exits 1                   -> workflow Failed
03:00  retry                               -> start demo.a(0), demo.l Running
03:01  demo.a(0) exits 0                   -> start demo.l(0:1), start demo.l(1:2)
03:02  demo.l(0:1) exits 0                 -> nothing
03:03  demo.l(1:2) exits 0                 -> workflow Succeeded
---
demo.l  TaskGroup  Succeeded
...
