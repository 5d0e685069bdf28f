# EX-168: a skipped task without dependencies has no branch; a failure before the dag is not its own.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: err, continueOn: {error: true}}]
    - [{name: b, template: inner}]
  - name: inner
    dag: {tasks: [{name: skipped, template: ok, when: "1 == 2"}, {name: done, template: ok}]}
---
---
workflow           Succeeded
demo               Steps      Succeeded
demo[0]            StepGroup  Succeeded
demo[0].a          Pod        Error      it broke
demo[1]            StepGroup  Succeeded
demo[1].b          DAG        Succeeded
demo[1].b.done     Pod        Succeeded
demo[1].b.skipped  Skipped    Skipped    when '1 == 2' evaluated false
