# PA-188, TP-163, PA-187: an expression that gives a text gives no artifact.
manifest: |
  templates:
  - name: main
    outputs: {artifacts: [{name: o, fromExpression: "'x'"}]}
    steps: [[{name: a, template: ok}]]
---
---
workflow  Error  error in entry template execution: unable to resolve outputs from scope: Variable {{'x'}} is not an artifact
...
