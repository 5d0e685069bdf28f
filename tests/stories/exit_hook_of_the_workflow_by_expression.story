# EX-628: the exit hook of a workflow runs where its expression is true.
manifest: |
  hooks:
    exit: {template: ok, expression: workflow.status == "Failed"}
  templates:
  - {name: main, container: {image: cast}}
---
00:00  begin -> start demo
00:01  demo exits 0 -> workflow Succeeded, no demo.onExit
