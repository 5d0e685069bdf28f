# EX-248, EX-249: arguments of hooks know of their own step or task its status and what it gave by name; other tags stay.
manifest: |
  templates:
  - name: main
    steps:
    - - name: c
        template: out
        hooks:
          exit:
            template: echo
            arguments: {parameters: [{name: m, value: "{{steps.c.exitCode}} {{steps.c.status}} {{steps.c.id}} {{steps.c.outputs.result}} {{steps.c.outputs.parameters.p}}"}]}
    - [{name: d, template: dag}]
  - name: dag
    dag:
      tasks:
      - name: e
        template: out
        hooks: {h: {expression: 'tasks["e"].status == "Succeeded"', template: echo, arguments: {parameters: [{name: m, value: "{{tasks.e.id}} {{tasks.e.status}}"}]}}}
  - {name: out, container: {image: cast, args: [print=x, p.p=v]}, outputs: {parameters: [{name: p, valueFrom: {path: /p}}]}}
---
00:00  begin -> ...
00:00  play  -> ..., workflow Succeeded
---
demo[0].c.onExit     Pod  Succeeded | inputs: m={{steps.c.exitCode}} Succeeded {{steps.c.id}} {{steps.c.outputs.result}} v
demo[1].d.e.hooks.h  Pod  Succeeded | inputs: m={{tasks.e.id}} Succeeded
...
