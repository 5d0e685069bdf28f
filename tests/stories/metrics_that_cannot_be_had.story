# EX-521, VA-203: what cannot be had is a condition of the workflow, said once, and disturbs nothing.
manifest: |
  metrics:
    prometheus:
    - {name: total, help: Total., gauge: {value: "{{duration}}"}}
    - {name: helpless, gauge: {value: "1"}}
  templates:
  - name: main
    steps:
    - [{name: a, template: one}, {name: b, template: one}]
  - name: one
    metrics:
      prometheus:
      - {name: word, help: A word., gauge: {value: "{{outputs.result}}"}}
    container: {image: any, command: [work]}
---
00:00  begin                          -> start demo[0].a, start demo[0].b
00:02  demo[0].a exits 0 (print=some) -> nothing
00:04  demo[0].b exits 0 (print=some) -> workflow Succeeded, metric total is 4
---
workflow  Succeeded | conditions: PodRunning=False; Completed=True; MetricsError=True could not construct metric 'word': strconv.ParseFloat: parsing "some": invalid syntax, metric 'helpless' must contain a help string under 'help: ' field
...
