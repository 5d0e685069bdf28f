# EX-250, EX-302: a hook that goes on after a retry by hand, because its attempts start over, is waited for again.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - name: a
        template: ok
        hooks: {after: {template: tries, expression: 'tasks.a.status == "Succeeded"'}}
      - {name: b, template: ok, depends: a}
  - name: tries
    retryStrategy: {limit: 1}
    container: {image: cast}
---
00:00  begin                       -> start demo.a
00:01  demo.a exits 0              -> start demo.a.hooks.after(0)
00:02  demo.a.hooks.after(0) exits 1 -> start demo.a.hooks.after(1)
00:03  demo.a.hooks.after(1) exits 1 -> start demo.b
00:04  demo.b exits 1              -> workflow Failed
01:00  retry                       -> start demo.a.hooks.after(0), no demo.b
01:01  demo.a.hooks.after(0) exits 0 -> start demo.b
01:02  demo.b exits 0              -> workflow Succeeded
