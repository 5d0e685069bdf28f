# EX-521, EX-520: each metric that cannot be had is a condition, in Argo's words, and disturbs nothing.
manifest: |
  metrics:
    prometheus:
    - {name: word, help: h, counter: {value: abc}}
    - {name: blank, help: h, counter: {value: " 1"}}
    - {name: none, help: h}
    - {name: literal, help: h, gauge: {realtime: true, value: "1"}}
    - {name: other, help: h, gauge: {realtime: true, value: "{{status}}"}}
    - {name: unread, help: h, when: "a ==", counter: {value: "1"}}
  templates:
  - name: main
    container: {image: any}
---
00:00  begin         -> start demo
00:01  demo exits 0  -> workflow Succeeded
---
workflow  Succeeded | conditions: PodRunning=False; Completed=True; MetricsError=True real time metrics can only be used with metric variables, 'status' is not available as a real time metric, could not construct metric 'word': strconv.ParseFloat: parsing "abc": invalid syntax, could not construct metric 'blank': strconv.ParseFloat: parsing " 1": invalid syntax, could not construct metric 'none': invalid metric spec, unable to compute 'when' clause for metric 'demo': Invalid 'when' expression 'a ==': Unexpected end of expression
...
