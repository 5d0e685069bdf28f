# TP-006: a value may hold a tag that is filled in later; one that holds itself is given up after a few passes.
manifest: |
  templates:
  - name: main
    inputs: {parameters: [{name: a, value: "x{{inputs.parameters.a}}"}, {name: b, value: "{{workflow.name}}"}]}
    container: {image: any, args: ["{{inputs.parameters.a}}", "{{inputs.parameters.b}}"]}
---
00:00  begin -> start demo
---
demo  Pod  Pending | args: xxxxxxxx{{inputs.parameters.a}}; demo
...
