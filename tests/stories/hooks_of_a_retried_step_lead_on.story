# EX-032, EX-031: hooks are children of a wrapper like its attempts, and what comes next follows the last child it has.
# In a dag those who depend on it are judged before its end calls for more hooks than its exit hook.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: try, hooks: {exit: {template: ok}}}
      - {name: r, template: try, hooks: {run: {template: ok, expression: 'steps.r.status == "Running"'}}}
    - - {name: b, template: dag}
  - name: dag
    dag:
      tasks:
      - {name: c, template: try, hooks: {run: {template: try, expression: 'tasks.c.status == "Running"'}}}
      - {name: d, template: try, depends: c, hooks: {done: {template: ok, expression: 'tasks.d.status == "Succeeded"'}}}
      - {name: e, template: try, depends: d, onExit: ok}
  - name: try
    retryStrategy: {limit: 2}
    container: {image: any}
---
00:00  begin                              -> start demo[0].a(0), start demo[0].r(0), start demo[0].r.hooks.run
00:01  demo[0].a(0) exits 0               -> start demo[0].a.onExit
00:02  demo[0].r(0) exits 1               -> start demo[0].r(1)
00:03  demo[0].r.hooks.run exits 0        -> demo[0].r Running
00:04  demo[0].r(1) exits 0               -> demo[0].r Succeeded
00:05  demo[0].a.onExit exits 0           -> start demo[1].b.c(0), start demo[1].b.c.hooks.run(0)
00:06  demo[1].b.c(0) exits 0             -> demo[1].b.c Succeeded
00:07  demo[1].b.c.hooks.run(0) exits 0   -> start demo[1].b.d(0)
00:08  demo[1].b.d(0) exits 0             -> start demo[1].b.e(0), start demo[1].b.d.hooks.done
00:09  demo[1].b.d.hooks.done exits 0     -> nothing
00:10  demo[1].b.e(0) exits 0             -> start demo[1].b.e.onExit
00:11  demo[1].b.e.onExit exits 0         -> workflow Succeeded
---
demo                      Steps  Succeeded | children: demo[0] | outbound: demo[1].b.e.onExit
demo[0].a                 Retry  Succeeded | children: demo[0].a(0); demo[0].a.onExit
demo[0].a(0)              Pod    Succeeded | children:
demo[0].a.onExit          Pod    Succeeded | children: demo[1]
demo[0].r                 Retry  Succeeded | children: demo[0].r(0); demo[0].r.hooks.run; demo[0].r(1)
demo[0].r.hooks.run       Pod    Succeeded | children:
demo[0].r(1)              Pod    Succeeded | children: demo[1]
demo[1].b                 DAG    Succeeded | outbound: demo[1].b.e.onExit
demo[1].b.c(0)            Pod    Succeeded | children:
demo[1].b.c.hooks.run     Retry  Succeeded | children: demo[1].b.c.hooks.run(0); demo[1].b.d
demo[1].b.c.hooks.run(0)  Pod    Succeeded | children:
demo[1].b.d(0)            Pod    Succeeded | children: demo[1].b.e
demo[1].b.d.hooks.done    Pod    Succeeded | children:
...
