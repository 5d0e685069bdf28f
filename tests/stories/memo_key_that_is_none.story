# EX-330, EX-719: a key of a value with a dot.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: r, arguments: {parameters: [{name: v, value: a.b}]}}]]
  - name: r
    inputs: {parameters: [{name: v}]}
    memoize: {key: "k-{{inputs.parameters.v}}", maxAge: 1h, cache: {configMap: {name: c}}}
    container: {image: any}
---
00:00  begin -> ...
---
demo[0].a  Skipped  Error  invalid cache key: k-a.b
...
