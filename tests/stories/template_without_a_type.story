# EX-117: such a template is found out when it is called, where nobody judged it before.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: hollow}]]
  - {name: hollow, inputs: {parameters: [{name: p, value: v}]}}
---
00:00  begin -> workflow Failed, demo[0].a Error "Template 'hollow' missing specification"
