# PA-100: a plain text among the results of a loop cannot be aggregated; the message is Go's.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: l, template: echo, withItems: [1, 2], arguments: {parameters: [{name: m, value: "{{item}}"}]}}]
    - [{name: r, template: echo, arguments: {parameters: [{name: m, value: "{{steps.l.outputs.result}}"}]}}]
---
00:00  begin                              -> start demo[0].l(0:1), start demo[0].l(1:2)
00:01  demo[0].l(0:1) exits 0 (print=1)   -> nothing
00:02  demo[0].l(1:2) exits 0 (print=nope) -> demo[0] Succeeded, demo Error "invalid character 'o' in literal null (expecting 'u')", workflow Error "error in entry template execution: invalid character 'o' in literal null (expecting 'u')"
