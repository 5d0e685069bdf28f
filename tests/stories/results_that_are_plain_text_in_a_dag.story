# PA-100, PA-116, EX-166: a task that reads results of a loop that are no JSON is in Error; one that does not read them runs.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: l, template: echo, withItems: [1], arguments: {parameters: [{name: m, value: "plain"}]}}
      - {name: r, template: echo, depends: l, arguments: {parameters: [{name: m, value: "{{tasks.l.outputs.result}}"}]}}
---
00:00  begin                               -> start demo.l(0:1)
00:01  demo.l(0:1) exits 0 (print=plain)  -> demo.r Error "invalid character 'p' looking for beginning of value", workflow Error
