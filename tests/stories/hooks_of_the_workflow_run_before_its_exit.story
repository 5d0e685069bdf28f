# EX-242, EX-248, EX-069, EX-070, OB-139, EX-031: hooks below the root; the exit handler waits for them and is nobody's child.
manifest: |
  onExit: ok
  hooks:
    failed: {template: ok, expression: workflow.status == "Failed"}
    never: {template: ok, expression: workflow.status == "Error"}
  templates:
  - {name: main, container: {image: any}}
---
00:00  begin                      -> start demo
00:01  demo exits 1               -> start demo.hooks.failed, no demo.onExit
00:02  demo.hooks.failed exits 0  -> start demo.onExit
00:03  demo.onExit exits 0        -> workflow Failed
---
workflow           Failed  main: Error (exit code 1)
demo               Pod  Failed  main: Error (exit code 1) | children: demo.hooks.failed
demo.hooks.failed  Pod  Succeeded | flags: hooked
demo.onExit        Pod  Succeeded | boundary: ? | flags: hooked
