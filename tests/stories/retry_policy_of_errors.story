# EX-218, EX-595, OB-316: only errors are tried again; what merely failed is not.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: try}, {name: b, template: try}]}
  - name: try
    retryStrategy: {limit: 3, retryPolicy: OnError}
    container: {image: any}
---
00:00  begin                     -> start demo.a(0), start demo.b(0)
00:01  demo.a(0) errors it broke  -> start demo.a(1)
00:02  demo.a(1) exits 0         -> demo.a Succeeded
00:03  demo.b(0) exits 1         -> demo.b Failed "main: Error (exit code 1)", workflow Failed
