# EX-403, EX-392, EX-408, TP-120: the pod's own message is the node's; what ended with a code has it.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: ok}, {name: b, template: ok}, {name: c, template: ok}]}
---
00:00  begin                              -> start demo.a, start demo.b, start demo.c
00:01  demo.a fails Pod was active on the node longer than the specified deadline  -> demo.a Failed
00:02  demo.b exits 137                   -> demo.b Failed "main: Error (exit code 137)"
00:03  demo.c is refused no such image    -> demo.c Error "no such image", workflow Failed
---
demo.a  Pod  Failed  Pod was active on the node longer than the specified deadline | outputs:
demo.b  Pod  Failed  main: Error (exit code 137) | outputs: exitCode=137
...
