# TP-006, EX-166: an expression that nothing could replace stays as it is, unless quotes keep it from being read again.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: echo, arguments: {parameters: [{name: m, value: "{{=nope}}"}]}}
      - {name: b, template: echo, arguments: {parameters: [{name: m, value: '{{=nope ?? "d"}}'}]}}
---
00:00  begin           -> start demo.a, demo.b Error, ...
00:01  demo.a exits 0  -> demo Error, workflow Error
---
demo.a  Pod  Succeeded | inputs: m={{=nope}}
...
