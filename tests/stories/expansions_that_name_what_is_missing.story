# EX-195: a loop that cannot be expanded says which tag comes to nothing, and no more: nobody waits for it.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok, withItems: [1, 2], hooks: {exit: {template: echo, arguments: {parameters: [{name: m, value: "{{item}} {{steps.a.status}}"}]}}}}]]
  - name: echo
    inputs: {parameters: [{name: m}]}
    container: {image: any}
---
00:00  begin -> workflow Failed "failed to resolve {{steps.a.status}}"
