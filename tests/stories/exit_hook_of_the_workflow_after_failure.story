# EX-628: the same where it is true.
manifest: |
  hooks:
    exit: {template: ok, expression: workflow.status == "Failed"}
  templates:
  - {name: main, container: {image: cast}}
---
00:00  begin -> start demo
00:01  demo exits 1 -> start demo.onExit
00:02  demo.onExit exits 0 -> workflow Failed
