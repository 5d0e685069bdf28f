# TP-341, TP-344, TP-005, TP-006, TP-021: what is filled in may hold tags that a later stage fills; inner tags come first.
manifest: |
  arguments: {parameters: [{name: env, value: prod}]}
  templates:
  - name: main
    steps:
    - - {name: pick, template: sub}
      - {name: two, template: two}
  - name: sub
    inputs: {parameters: [{name: key, value: env}]}
    steps: [[{name: a, template: echo, arguments: {parameters: [{name: m, value: "{{workflow.parameters.{{inputs.parameters.key}}}}"}]}}]]
  - name: two
    inputs: {parameters: [{name: a, value: "1"}, {name: b, default: "{{inputs.parameters.a}}2"}]}
    container: {image: any, args: ["{{inputs.parameters.b}}"]}
---
00:00  begin -> ...
---
demo[0].pick[0].a  Pod  Pending | inputs: m=prod
demo[0].two        Pod  Pending | args: 12
...
