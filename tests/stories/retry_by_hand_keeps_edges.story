# EX-031, EX-302: an edge is made when the node that it leads to comes to be. What a retry by hand keeps stays where it hangs,
# though the attempt made anew would lead on now; what comes to be later finds the hooks of an earlier life there.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: try, hooks: {exit: {template: ok}}}
      - {name: b, template: ok, depends: a}
      - {name: c, template: try, hooks: {done: {template: ok, expression: 'tasks.c.status == "Succeeded"'}}}
      - {name: d, template: ok, depends: c}
  - name: try
    retryStrategy: {limit: 1}
    container: {image: any}
---
00:00  begin                      -> start demo.a(0), start demo.c(0)
00:01  demo.a(0) exits 0          -> start demo.a.onExit
00:02  demo.c(0) exits 0          -> start demo.d, start demo.c.hooks.done
00:03  demo.c.hooks.done exits 0  -> nothing
00:04  demo.a.onExit exits 0      -> start demo.b
00:05  demo.b exits 0             -> nothing
00:06  demo.d exits 1             -> workflow Failed
01:00  retry also name=demo.a(0)  -> start demo.a(0), start demo.d, demo.b Succeeded
01:01  demo.a(0) exits 0          -> demo.a Succeeded
01:02  demo.d exits 0             -> workflow Succeeded
---
demo               DAG    Succeeded | children: demo.a; demo.c
demo.a             Retry  Succeeded | children: demo.a.onExit; demo.a(0)
demo.a(0)          Pod    Succeeded | children:
demo.a.onExit      Pod    Succeeded | children: demo.b
demo.c             Retry  Succeeded | children: demo.c(0); demo.c.hooks.done
demo.c(0)          Pod    Succeeded | children:
demo.c.hooks.done  Pod    Succeeded | children: demo.d
...
