# EX-540..EX-545, EX-548..EX-550, OB-180, OB-184, OB-192, OB-193, UI-260, API-326: names, ids and pod names are hashes of where a node stands.
manifest: |
  onExit: notify
  hooks: {running: {template: notify, expression: workflow.status == "Running"}}
  templates:
  - name: main
    steps:
    - [{name: build, template: compile, hooks: {exit: {template: notify}}}]
    - [{name: test, template: check, withItems: [unit, {a: 1, b: x}]}]
  - name: compile
    retryStrategy: {limit: 1}
    container: {image: cast}
  - {name: check, container: {image: cast}}
  - {name: notify, container: {image: cast}}
---
---
workflow                Succeeded
demo                    Steps      Succeeded | id: demo
demo[0]                 StepGroup  Succeeded | id: demo-3919527336 | display: [0]
demo[0].build           Retry      Succeeded | id: demo-3381240458 | display: build
demo[0].build(0)        Pod        Succeeded | id: demo-3943505841 | pod: demo-compile-3943505841
demo.hooks.running      Pod        Succeeded | id: demo-1125796869 | pod: demo-notify-1125796869
demo[0].build.onExit    Pod        Succeeded | id: demo-1336960917 | pod: demo-notify-1336960917
demo[1].test(0:unit)    Pod        Succeeded | id: demo-3386050454 | pod: demo-check-3386050454
demo[1].test(1:a:1,b:x)  Pod       Succeeded | id: demo-3458135625 | pod: demo-check-3458135625
demo.onExit             Pod        Succeeded | id: demo-1599854481 | pod: demo-notify-1599854481
...
