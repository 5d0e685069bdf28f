# EX-168, EX-172: who is omitted after a task whose exit hook was retried has the phase that led there.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: work, hooks: {exit: {template: tried}}}
      - {name: b, template: work, depends: a.Succeeded}
  - name: work
    retryStrategy: {limit: 0}
    container: {image: any}
  - name: tried
    retryStrategy: {limit: 0}
    container: {image: any}
---
00:00  begin                 -> start demo.a(0)
00:01  demo.a(0) exits 1     -> start demo.a.onExit(0)
00:02  demo.a.onExit(0) exits 2 -> workflow Failed
---
demo    DAG      Failed
demo.b  Skipped  Omitted  omitted: depends condition not met
...
