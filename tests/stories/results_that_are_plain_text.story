# PA-116: results of a loop that are no JSON cannot be put together.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: l, template: echo, withItems: [1], arguments: {parameters: [{name: m, value: "plain"}]}}]
    - [{name: r, template: echo, arguments: {parameters: [{name: m, value: "{{steps.l.outputs.result}}"}]}}]
---
00:00  begin                                 -> start demo[0].l(0:1)
00:01  demo[0].l(0:1) exits 0 (print=plain)  -> demo[0] Succeeded, no demo[1], workflow Error "error in entry template execution: invalid character 'p' looking for beginning of value"
