# TP-065, TP-094: texts of a hook of the workflow see what its entry node has come to, also at the first look.
manifest: |
  hooks:
    running: {expression: workflow.status == "Running", template: t}
  templates:
  - name: main
    steps: [[{name: a, template: t}]]
  - name: t
    container: {image: any, args: ["<{{workflow.status}}>"]}
---
00:00  begin  -> start demo[0].a, start demo.hooks.running
---
demo[0].a           Pod  Pending | args: <>
demo.hooks.running  Pod  Pending | args: <Running>
...
