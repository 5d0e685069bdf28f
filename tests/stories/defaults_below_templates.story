# EX-722, EX-114, OB-137, OB-542, OB-435, OB-436: defaults are merged below: by type, by field, by name.
manifest: |
  templateDefaults: {retryStrategy: {limit: 0}, container: {image: d, args: [none], env: [{name: A, value: d}, {name: B, value: d}]}, inputs: {parameters: [{name: p, value: d}]}}
  templates:
  - name: main
    dag: {tasks: [{name: a, template: c}, {name: b, template: s}]}
  - {name: c, container: {image: any, args: ["{{inputs.parameters.p}}"]}}
  - {name: s, script: {image: any, source: x, args: [own]}}
---
00:00  begin -> ...
---
demo(0).a(0)  Pod  Pending | args: d
demo(0).b(0)  Pod  Pending | args: own
...
