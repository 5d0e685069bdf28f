# EX-244, EX-195: in steps every expansion has its exit hook, with its own item.
manifest: |
  templates:
  - name: main
    steps:
    - - name: a
        template: ok
        withItems: [1, 2]
        hooks: {exit: {template: echo, arguments: {parameters: [{name: m, value: "bye {{item}}"}]}}}
---
---
workflow              Succeeded
demo[0].a(0:1).onExit  Pod  Succeeded | inputs: m=bye 1
demo[0].a(1:2).onExit  Pod  Succeeded | inputs: m=bye 2
...
