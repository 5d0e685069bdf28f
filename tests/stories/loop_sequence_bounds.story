# EX-194: the end comes before the count; a count below zero counts down; a count of zero is an empty loop; the items are texts.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: end, template: echo, withSequence: {start: "1", end: "2", count: "9"}, arguments: {parameters: [{name: m, value: "{{=item + 'x'}}"}]}}
      - {name: down, template: ok, withSequence: {count: "-1", start: "0"}}
      - {name: none, template: ok, withSequence: {count: "0"}}
---
---
workflow             Succeeded
demo[0].end(0:1)     Pod        Succeeded | inputs: m=1x
demo[0].end(1:2)     Pod        Succeeded | inputs: m=2x
demo[0].down(0:0)    Pod        Succeeded
demo[0].down(1:-1)   Pod        Succeeded
demo[0].down(2:-2)   Pod        Succeeded
demo[0].none         Skipped    Skipped    Skipped, empty params
...
