# EX-251, EX-246, VA-193: the hook of a task without an expression makes the task Error.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: slow, hooks: {bad: {template: ok, expression: steps.a.status ==}}}]]
---
00:00  begin -> ...
00:01  play -> ...
---
workflow  Failed  failed to evaluate expression: unexpected token EOF (1:17)
...
