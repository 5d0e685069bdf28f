# TP-131, EX-520: metrics of the workflow see how it ended, how long it took, and what it gave.
manifest: |
  metrics:
    prometheus:
    - {name: ended, help: Ended., labels: [{key: how, value: "{{status}}"}], counter: {value: "1"}}
    - {name: took, help: Time., gauge: {value: "{{workflow.duration}}"}}
    - {name: said, help: Said., gauge: {value: "{{outputs.parameters.p}}"}}
  templates:
  - name: main
    outputs: {parameters: [{name: p, valueFrom: {path: /p}}]}
    container: {image: any, command: [work]}
---
00:00  begin                -> start demo
00:04  demo exits 0 (p.p=7) -> workflow Succeeded, metric ended{how=Succeeded} counts 1, metric took is 4, metric said is 7
