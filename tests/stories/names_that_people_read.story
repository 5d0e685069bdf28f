# EX-026, OB-067, OB-216, OB-510: an annotation of the template gives the node its display name, and nobody else: not its
# attempts, and not a step that was skipped. An empty one gives none.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: t, arguments: {parameters: [{name: p, value: x}]}}
    - - {name: s, template: t, when: "1 == 2", arguments: {parameters: [{name: p, value: y}]}}
      - {name: e, template: empty}
  - name: t
    annotations: {workflows.argoproj.io/display-name: "shown-{{inputs.parameters.p}}"}
    retryStrategy: {limit: 1}
    inputs: {parameters: [{name: p}]}
    container: {image: any}
  - name: empty
    annotations: {workflows.argoproj.io/display-name: ""}
    container: {image: any}
---
00:00  begin                 -> start demo[0].a(0)
00:01  demo[0].a(0) exits 0  -> start demo[1].e
00:02  demo[1].e exits 0     -> workflow Succeeded
---
demo[0].a     Retry    Succeeded | display: shown-x
demo[0].a(0)  Pod      Succeeded | display: a(0)
demo[1].s     Skipped  Skipped  when '1 == 2' evaluated false | display: s
demo[1].e     Pod      Succeeded | display: e
...
