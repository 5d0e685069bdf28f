# EX-282, EX-286: a value that lists choices gives the input an enum and its first choice as the default.
manifest: |
  templates:
  - name: main
    steps: [[{name: q, template: ask, arguments: {parameters: [{name: go, value: '{"enum": ["no", "yes"]}'}]}}]]
  - name: ask
    suspend: {duration: "5"}
    inputs: {parameters: [{name: go}]}
    outputs: {parameters: [{name: go, valueFrom: {supplied: {}}}]}
---
00:00  begin -> demo[0].q Running
00:05  timer -> workflow Succeeded
---
demo[0].q  Suspend  Succeeded | outputs: go=no
...
