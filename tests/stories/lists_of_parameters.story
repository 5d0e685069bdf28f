# TP-260, TP-261, TP-287, EX-192, EX-193: a list in a text; a text in the list stays a text.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: echo, withParam: '["p", 1, "[2]"]', arguments: {parameters: [{name: m, value: "{{item}}"}]}}
      - {name: b, template: ok, withParam: "null"}
---
---
demo[0].a(0:p)    Pod  Succeeded | inputs: m=p
demo[0].a(1:1)    Pod  Succeeded | inputs: m=1
demo[0].a(2:[2])  Pod  Succeeded | inputs: m=[2]
demo[0].b  Skipped  Skipped  Skipped, empty params
...
