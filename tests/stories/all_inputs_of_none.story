# TP-101, TP-153: of a template without parameters the list of them is what Go writes for none, and a name of that is no task.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: tell, arguments: {parameters: [{name: m, value: "{{inputs.parameters}}"}]}}
      - {name: b, template: aim}
  - name: tell
    inputs: {parameters: [{name: m}]}
    container: {image: any, args: ["{{inputs.parameters.m}}"]}
  - name: aim
    dag: {target: "{{inputs.parameters}}", tasks: [{name: x, template: tell}]}
---
00:00  begin  -> start demo.a, demo.b Error
---
demo.a  Pod  Pending | args: null
demo.b  Skipped  Error  target 'null' is not defined
...
