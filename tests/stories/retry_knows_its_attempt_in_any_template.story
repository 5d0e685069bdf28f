# TP-049, TP-107, TP-108, EX-224: `retries` and `lastRetry` are there for steps and dags that are tried again, and for what they are given.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: d, template: dag}, {name: s, template: steps}]}
  - name: dag
    retryStrategy: {limit: 1}
    inputs: {parameters: [{name: z, value: "n{{retries}}"}]}
    dag:
      tasks:
      - {name: a, template: echo, arguments: {parameters: [{name: m, value: "{{retries}}/{{lastRetry.status}}/{{=retries}}/{{inputs.parameters.z}}"}]}}
      - {name: b, template: fail, depends: a}
  - name: steps
    retryStrategy: {limit: 1}
    steps: [[{name: e, template: exit, arguments: {parameters: [{name: code, value: "{{=asInt(retries) > 0 ? 0 : 4}}"}]}}]]
---
---
demo.d(0).a     Pod  Succeeded | inputs: m=0//0/n0
demo.d(1).a     Pod  Succeeded | inputs: m=1/Failed/1/n1
demo.s(0)[0].e  Pod  Failed    main: Error (exit code 4)
demo.s(1)[0].e  Pod  Succeeded
...
