# EX-194: bounds are numbers once their tags are replaced.
manifest: |
  arguments: {parameters: [{name: size, value: many}]}
  templates:
  - name: main
    steps: [[{name: s, template: ok, withSequence: {count: "{{workflow.parameters.size}}"}}]]
---
00:00  begin -> workflow Failed, no demo[0].s
