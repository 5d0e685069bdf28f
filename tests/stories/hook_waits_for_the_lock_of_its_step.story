# EX-252, EX-357, EX-638: a hook may want the lock of the step that it belongs to: the step gives it back when it ends.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: work, hooks: {after: {template: also, expression: steps.a.status == "Succeeded"}}}]]
  - {name: work, retryStrategy: {limit: 1}, synchronization: {mutexes: [{name: m}]}, container: {image: any}}
  - {name: also, synchronization: {mutexes: [{name: m}]}, container: {image: any}}
---
00:00  begin                          -> start demo[0].a(0)
00:01  demo[0].a(0) exits 0           -> start demo[0].a.hooks.after
00:02  demo[0].a.hooks.after exits 0  -> workflow Succeeded
