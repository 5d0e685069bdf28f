# PA-022, PA-400, EX-667, EX-116: an argument with a name alone takes even the default away.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok, hooks: {exit: {template: t, arguments: {parameters: [{name: p}]}}}}]]
  - name: t
    inputs: {parameters: [{name: p, default: d}]}
    container: {image: cast}
---
---
demo[0].a.onExit  Skipped  Error  inputs.parameters.p was not supplied
...
