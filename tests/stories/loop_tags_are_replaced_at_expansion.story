# TP-045: each expansion is the whole step with its item in it, hooks included.
manifest: |
  templates:
  - name: main
    steps:
    - - name: s
        template: echo
        withItems: [{k: 1, t: a}, {k: 2, t: b}]
        arguments: {parameters: [{name: m, value: "{{item.k}}-{{item.t}}"}]}
        hooks: {exit: {template: echo, arguments: {parameters: [{name: m, value: "after {{item.t}}"}]}}}
---
---
workflow                       Succeeded
demo[0].s(0:k:1,t:a)           Pod  Succeeded | inputs: m=1-a
demo[0].s(0:k:1,t:a).onExit    Pod  Succeeded | inputs: m=after a
demo[0].s(1:k:2,t:b).onExit    Pod  Succeeded | inputs: m=after b
...
