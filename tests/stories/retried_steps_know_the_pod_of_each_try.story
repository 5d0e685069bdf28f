# EX-224, TP-047, TP-104: a retried template has no pod of its own; the name of each attempt's pod is known to the attempt.
manifest: |
  templates:
  - name: main
    steps: [[{name: c, template: t}]]
  - name: t
    retryStrategy: {limit: 1}
    inputs: {parameters: [{name: x, default: "in-{{pod.name}}"}]}
    container: {image: cast, args: ["{{pod.name}} {{inputs.parameters.x}}"]}
---
00:00  begin                  -> start demo[0].c(0)
00:01  demo[0].c(0) exits 1   -> ...
---
demo[0].c     Retry  Running | inputs: x=in-{{pod.name}}
demo[0].c(0)  Pod    Failed  main: Error (exit code 1) | inputs: x=in-demo-t-1586982670 | pod: demo-t-1586982670
demo[0].c(1)  Pod    Pending | inputs: x=in-demo-t-982841291 | pod: demo-t-982841291 | args: demo-t-982841291 in-demo-t-982841291
...
