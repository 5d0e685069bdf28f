# TP-053, TP-130, OB-522, EX-520, EX-521, EX-522: metrics of a template, for each failed attempt and for the whole; with labels and conditions.
# `retries` is the number of the attempt, and of the whole how often it was tried again.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 1}
    metrics:
      prometheus:
      - name: tries
        help: Tries.
        labels: [{key: how, value: "{{status}}"}, {key: try, value: "{{retries}}"}]
        when: "{{status}} != Pending"
        counter: {value: "1"}
      - {name: again, help: Tries again., when: "{{status}} == Succeeded", gauge: {value: "{{retries}}", operation: Add}}
      - {name: took, help: Time., histogram: {value: "{{duration}}", buckets: [1, 10]}}
      - {name: alive, help: Alive., gauge: {realtime: true, value: "{{duration}}"}}
      - {name: said, help: Said., when: "{{status}} == Succeeded", gauge: {value: "{{outputs.parameters.p}}"}}
    outputs: {parameters: [{name: p, valueFrom: {path: /p}}]}
    container: {image: any, command: [work]}
---
00:00  begin                   -> start demo(0), metric alive runs since 0s
00:03  demo(0) exits 1         -> start demo(1), metric tries{how=Failed;try=0} counts 1, metric took observes 3
00:05  demo(1) exits 0 (p.p=7) -> workflow Succeeded, metric tries{how=Succeeded;try=1} counts 1, metric again changes by 1, metric took observes 5, metric alive is 5, metric said is 7
