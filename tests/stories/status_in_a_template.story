# TP-065, TP-040: the status of the workflow as it is when a template is entered.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok}], [{name: b, template: t}]]
  - name: t
    container: {image: any, args: ["<{{workflow.status}}> {{workflow.duration}}"]}
---
00:00  begin              -> start demo[0].a
00:03  demo[0].a exits 0  -> start demo[1].b
---
demo[1].b  Pod  Pending | args: <Running> 3.000000
...
