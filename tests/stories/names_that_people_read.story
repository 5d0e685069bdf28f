# EX-026, OB-067, OB-216, OB-510: an annotation of the template gives the node its display name.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: t, arguments: {parameters: [{name: p, value: x}]}}]]
  - name: t
    annotations: {workflows.argoproj.io/display-name: "shown-{{inputs.parameters.p}}"}
    inputs: {parameters: [{name: p}]}
    container: {image: any}
---
00:00  begin              -> start demo[0].a
00:01  demo[0].a exits 0  -> workflow Succeeded
---
demo[0].a  Pod  Succeeded | display: shown-x
...
