# EX-243, EX-247: the exit hook of a step or task begins when the other hooks that were called for are over. That of a task of a dag
# whose end is found by a visit begins with it, before those that the end calls for, and that of a target in passing.
manifest: |
  templates:
  - name: main
    steps:
    - - name: s
        template: ok
        hooks: {exit: {template: ok}, done: {template: ok, expression: 'steps.s.status == "Succeeded"'}}
    - - {name: d, template: dag}
  - name: dag
    dag:
      tasks:
      - name: a
        template: ok
        hooks: {exit: {template: ok}, done: {template: ok, expression: 'tasks.a.status == "Succeeded"'}}
      - name: r
        template: try
        depends: a
        hooks: {exit: {template: ok}, done: {template: ok, expression: 'tasks.r.status == "Succeeded"'}}
      - name: z
        template: ok
        depends: r
        hooks: {exit: {template: ok}, done: {template: ok, expression: 'tasks.z.status == "Succeeded"'}}
  - name: try
    retryStrategy: {limit: 1}
    container: {image: any}
---
00:00  begin                          -> start demo[0].s
00:01  demo[0].s exits 0              -> start demo[0].s.hooks.done
00:02  demo[0].s.hooks.done exits 1   -> start demo[0].s.onExit
00:03  demo[0].s.onExit exits 0       -> start demo[1].d.a
00:04  demo[1].d.a exits 0            -> start demo[1].d.a.hooks.done
00:05  demo[1].d.a.hooks.done exits 0 -> start demo[1].d.a.onExit
00:06  demo[1].d.a.onExit exits 0     -> start demo[1].d.r(0)
00:07  demo[1].d.r(0) exits 0         -> start demo[1].d.r.onExit, start demo[1].d.r.hooks.done
00:08  demo[1].d.r.onExit exits 0     -> nothing
00:09  demo[1].d.r.hooks.done exits 0 -> start demo[1].d.z
00:10  demo[1].d.z exits 0            -> start demo[1].d.z.hooks.done, start demo[1].d.z.onExit
00:11  demo[1].d.z.onExit exits 0     -> nothing
00:12  demo[1].d.z.hooks.done exits 0 -> workflow Succeeded
---
demo[1].d.r             Retry  Succeeded | children: demo[1].d.r(0); demo[1].d.r.onExit; demo[1].d.r.hooks.done
demo[1].d.r.onExit      Pod    Succeeded | children:
demo[1].d.r.hooks.done  Pod    Succeeded | children: demo[1].d.z
...
