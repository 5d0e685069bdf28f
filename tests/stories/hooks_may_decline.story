# EX-243, EX-240, OB-256, OB-257: an exit hook may have an expression; onExit wins over it; a skipped step has no exit.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: ok, hooks: {exit: {template: ok, expression: steps.a.status == "Failed"}}}
      - {name: b, template: ok, onExit: echo2, hooks: {exit: {template: ok}}}
      - {name: c, template: ok, when: "1 == 2", onExit: ok}
  - {name: echo2, container: {image: cast}}
---
---
workflow          Succeeded
demo              Steps      Succeeded
demo[0]           StepGroup  Succeeded
demo[0].a         Pod        Succeeded
demo[0].b         Pod        Succeeded
demo[0].c         Skipped    Skipped  when '1 == 2' evaluated false
demo[0].b.onExit  Pod        Succeeded | template: echo2
