# EX-470, EX-471, EX-473: a request is Pending until it is answered; the body is the result that the next step reads.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: ask, template: ask}]
    - [{name: tell, template: echo, arguments: {parameters: [{name: m, value: "{{steps.ask.outputs.result}}"}]}}]
  - name: ask
    http: {url: "http://example.org/"}
---
00:00  begin                              -> start demo[0].ask, demo[0].ask Pending
00:02  demo[0].ask exits 0 (print=hello)  -> start demo[1].tell
00:03  demo[1].tell exits 0               -> workflow Succeeded
---
workflow      Succeeded
demo          Steps      Succeeded
demo[0]       StepGroup  Succeeded
demo[0].ask   HTTP       Succeeded
demo[1]       StepGroup  Succeeded
demo[1].tell  Pod        Succeeded
