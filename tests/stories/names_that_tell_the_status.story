# EX-026, TP-065, TP-094: names that people read are given from the second look at a node on: the status of the workflow in them is what it
# is by then, in hooks of the workflow what its entry node has come to.
manifest: |
  hooks:
    running: {expression: workflow.status == "Running", template: t}
    exit: {template: t}
  templates:
  - name: main
    steps: [[{name: a, template: t}]]
  - name: t
    annotations: {workflows.argoproj.io/display-name: "at-{{workflow.status}}"}
    container: {image: any, args: ["<{{workflow.status}}>"]}
---
00:00  begin                         -> start demo[0].a, start demo.hooks.running
00:01  demo.hooks.running exits 0    -> nothing
00:02  demo[0].a exits 0             -> start demo.onExit
00:03  demo.onExit exits 0           -> workflow Succeeded
---
demo[0].a           Pod  Succeeded | display: at-Running
demo.hooks.running  Pod  Succeeded | display: at-Succeeded
demo.onExit         Pod  Succeeded | display: at-Succeeded
...
