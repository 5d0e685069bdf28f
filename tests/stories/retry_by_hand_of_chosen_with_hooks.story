# EX-300, EX-301, EX-302: a chosen task that succeeded goes with its hooks and with what came after it, and so do theirs.
manifest: |
  hooks: {w: {template: ok, expression: 'workflow.status == "Succeeded"'}}
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, hooks: {exit: {template: ok}, s: {template: ok, expression: 'tasks.a.status == "Succeeded"'}}}
      - {name: b, template: ok, depends: a, hooks: {exit: {template: ok}}}
---
00:00  begin                            -> start demo.a
00:01  demo.a exits 0                   -> start demo.a.hooks.s
00:02  demo.a.hooks.s exits 0           -> start demo.a.onExit
00:03  demo.a.onExit exits 0            -> start demo.b
00:04  demo.b exits 0                   -> start demo.b.onExit
00:05  demo.b.onExit exits 0            -> start demo.hooks.w
00:06  demo.hooks.w exits 0             -> workflow Succeeded
01:00  retry also displayName=a         -> start demo.a, no demo.a.hooks.s, no demo.a.onExit, no demo.b, no demo.b.onExit, demo Running
01:01  demo.a exits 0                   -> start demo.a.hooks.s
01:02  demo.a.hooks.s exits 0           -> start demo.a.onExit, no demo.b
01:03  demo.a.onExit exits 0            -> start demo.b
01:04  demo.b exits 0                   -> start demo.b.onExit
01:05  demo.b.onExit exits 0            -> workflow Succeeded
