# EX-251, EX-246: a hook whose expression has no value, or that has none, breaks the group around its step.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: ok, hooks: {odd: {template: ok, expression: steps.a.status}}}
      - {name: b, template: slow}
    - [{name: c, template: ok}]
---
00:00  begin                -> start demo[0].a, start demo[0].b
00:01  demo[0].a exits 0    -> demo[0] Running
00:05  demo[0].b exits 0    -> workflow Failed
---
demo       Steps      Failed     unable to cast expression result 'Succeeded' to bool
demo[0]    StepGroup  Error      unable to cast expression result 'Succeeded' to bool
demo[0].a  Pod        Succeeded
demo[0].b  Pod        Succeeded
