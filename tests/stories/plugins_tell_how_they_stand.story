# EX-477: what a plugin says while it works is its node's message, until it says something else or nothing.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: t}
      - {name: b, template: t}
      - {name: c, template: t}
      - {name: d, template: t}
  - {name: t, plugin: {mine: {}}}
---
00:00  begin                -> start demo.a, start demo.b, start demo.c, start demo.d
00:01  demo.a says in line  -> nothing
00:01  demo.b says in line  -> nothing
00:01  demo.c says in line  -> nothing
00:01  demo.d says in line  -> nothing
00:02  demo.b runs          -> demo.b Running
00:02  demo.b says half     -> nothing
00:02  demo.c says          -> nothing
00:03  demo.d exits 0       -> nothing
---
demo.a  Plugin  Pending  in line
demo.b  Plugin  Running  half
demo.c  Plugin  Pending
demo.d  Plugin  Succeeded
...
