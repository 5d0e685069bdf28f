# EX-570, EX-159, EX-165, EX-155: the last bad expansion decides the group; one that succeeded is enough for AnySucceeded.
# Those who are omitted inherit from the first bad expansion (EX-168).
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - name: a
        template: do
        withItems: ["exit=0", "exit=1", "error=bad"]
        arguments: {parameters: [{name: w, value: "{{item}}"}]}
      - {name: any, template: ok, depends: a.AnySucceeded}
      - {name: all, template: ok, depends: a.AllFailed}
      - {name: b, template: ok, depends: a}
  - name: do
    inputs: {parameters: [{name: w}]}
    container: {image: cast, args: ["{{inputs.parameters.w}}"]}
---
---
workflow  Failed
demo      DAG        Failed
demo.a    TaskGroup  Error
demo.any  Pod        Succeeded
demo.all  Skipped    Omitted  omitted: depends condition not met
demo.b    Skipped    Omitted  omitted: depends condition not met
...
