# EX-026, EX-166: a task with such a name says which one it is.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: t}
      - {name: b, template: d}
  - name: t
    annotations: {workflows.argoproj.io/display-name: "-t"}
    container: {image: any}
  - name: d
    annotations: {workflows.argoproj.io/display-name: "{{=sprig.repeat(64, 'd')}}"}
    dag: {tasks: [{name: c, template: t}]}
---
00:00  begin  -> workflow Error
---
demo    DAG  Error
demo.a  Pod  Error  task 'demo.a' errored: displayName must match the regex ^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$
demo.b  DAG  Error  task 'demo.b' errored: displayName must match the regex ^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$
...
