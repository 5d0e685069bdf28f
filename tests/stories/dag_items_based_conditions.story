# EX-712, EX-159, EX-165: AnySucceeded and AllFailed look at the expansions.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - name: l
        template: exit
        withItems: [0, 1]
        arguments: {parameters: [{name: code, value: "{{item}}"}]}
      - {name: any, template: ok, depends: "l.AnySucceeded"}
      - {name: all, template: ok, depends: "l.AllFailed"}
---
---
workflow     Failed
demo         DAG        Failed | outbound: demo.all; demo.any
demo.l       TaskGroup  Failed | children: demo.l(0:0); demo.l(1:1)
demo.l(0:0)  Pod        Succeeded | children: demo.all; demo.any
demo.l(1:1)  Pod        Failed     main: Error (exit code 1)
demo.all     Skipped    Omitted    omitted: depends condition not met
demo.any     Pod        Succeeded
