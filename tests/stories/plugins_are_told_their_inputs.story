# EX-478: the template that a plugin is told holds the inputs that it was given.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: t, arguments: {parameters: [{name: m, value: run}]}}]]
  - name: t
    inputs:
      parameters: [{name: m}, {name: d, default: dd}]
      artifacts: [{name: i, path: /i, raw: {data: x}}]
    plugin: {mine: {}}
---
00:00  begin  -> start demo[0].a
---
demo[0].a  Plugin  Pending | told inputs: {"parameters":[{"name":"m","value":"run"},{"name":"d","default":"dd","value":"dd"}],"artifacts":[{"name":"i","path":"/i","raw":{"data":"x"}}]}
...
