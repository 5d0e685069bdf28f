# EX-253, TP-094, TP-095, TP-096, EX-241, EX-071: status and failures of the workflow, and its arguments.
manifest: |
  onExit: bye
  arguments: {parameters: [{name: m, value: hi}]}
  templates:
  - name: main
    steps: [[{name: a, template: fail}]]
  - name: bye
    inputs: {parameters: [{name: m}]}
    container: {image: cast, args: ["{{workflow.status}}", "{{inputs.parameters.m}}", "{{workflow.failures}}", "{{workflow.duration}}"]}
---
00:00  begin -> start demo[0].a
00:02  demo[0].a exits 1 -> start demo.onExit
---
demo.onExit  Pod  Pending | args: Failed; hi; "[{\"displayName\":\"demo\",\"message\":\"child 'demo-3048047209' failed\",\"templateName\":\"main\",\"phase\":\"Failed\",\"podName\":\"demo\",\"finishedAt\":\"2030-01-01T00:00:02Z\"},{\"displayName\":\"[0]\",\"message\":\"child 'demo-3048047209' failed\",\"templateName\":\"\",\"phase\":\"Failed\",\"podName\":\"demo-3919527336\",\"finishedAt\":\"2030-01-01T00:00:02Z\"},{\"displayName\":\"a\",\"message\":\"main: Error (exit code 1)\",\"templateName\":\"fail\",\"phase\":\"Failed\",\"podName\":\"demo-fail-3048047209\",\"finishedAt\":\"2030-01-01T00:00:02Z\"}]"; 2.000000
...
