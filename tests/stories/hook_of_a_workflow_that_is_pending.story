# EX-248: with a pod as the entrypoint the workflow is Pending, for its hooks, until the pod was seen.
manifest: |
  hooks: {early: {template: ok, expression: 'workflow.status == "Pending"'}}
  templates:
  - name: main
    container: {image: any}
---
00:00  begin                       -> start demo, start demo.hooks.early
00:01  demo runs                   -> demo Running
00:02  demo exits 0                -> demo Succeeded
00:03  demo.hooks.early exits 0    -> workflow Succeeded
