# EX-024: an item that is null counts as a list; its text is `null`.
manifest: |
  templates:
  - name: main
    steps: [[{name: s, template: echo, withItems: [null], arguments: {parameters: [{name: m, value: "{{item}}"}]}}]]
---
---
workflow          Succeeded
demo[0].s(0:[])   Pod  Succeeded | inputs: m=null
...
