# PA-020, PA-021, PA-023, PA-024, PA-028, PA-031, EX-116, TP-100: argument, then the input's value, then its default; an empty text is a value.
manifest: |
  arguments: {parameters: [{name: w, value: from-workflow}]}
  templates:
  - name: main
    inputs: {parameters: [{name: w}, {name: own, default: d}]}
    steps:
    - - {name: a, template: t, arguments: {parameters: [{name: p, value: given}, {name: q, value: ""}]}}
      - {name: b, template: t, arguments: {parameters: [{name: extra, value: ignored}]}}
  - name: t
    inputs: {parameters: [{name: p, value: v, default: d}, {name: q, default: d}, {name: r, value: "{{workflow.parameters.w}}"}]}
    container: {image: cast, args: ["{{inputs.parameters.p}}"]}
---
00:00  begin -> ...
---
demo       Steps  Running | inputs: w=from-workflow; own=d
demo[0].a  Pod    Pending | inputs: p=given; q=; r=from-workflow | args: given
demo[0].b  Pod    Pending | inputs: p=v; q=d; r=from-workflow | args: v
...
