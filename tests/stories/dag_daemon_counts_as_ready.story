# EX-002, EX-574, EX-176, EX-373, EX-159: a daemon that is ready satisfies its bare name, and is killed with the dag.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: srv}, {name: b, template: ok, depends: a}]}
  - {name: srv, daemon: true, container: {image: any}}
---
00:00  begin                      -> start demo.a
00:02  demo.a runs at 127.0.0.9   -> start demo.b
00:03  demo.b exits 0             -> stop demo.a, demo.a Succeeded, workflow Succeeded
