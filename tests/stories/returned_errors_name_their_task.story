# EX-115, EX-166, EX-175, EX-330: a task that returns an error of ours says which task it is; one that never began is Skipped.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: in}, {name: m, template: memo}, {name: r, template: again}]}
  - name: in
    dag: {tasks: [{name: a, template: ok}]}
    outputs: {parameters: [{name: o, valueFrom: {parameter: "{{tasks.a.outputs.result}}"}}]}
  - name: memo
    memoize: {key: a.b, cache: {configMap: {name: c}}}
    container: {image: any}
  - name: again
    retryStrategy: {limit: x1}
    container: {image: any}
---
00:00  begin             -> ...
00:01  demo.a.a exits 0  -> demo.a Error
00:02  demo.r(0) exits 1 -> demo.r Error, demo Error, workflow Error
---
demo.a  DAG      Error  task 'demo.a' errored: Unable to resolve: "tasks.a.outputs.result"
demo.m  Skipped  Error  task 'demo.m' errored: invalid cache key: a.b
demo.r  Retry    Error  task 'demo.r' errored: value 'x1' cannot be resolved to an int
...
