# EX-031, EX-251: a hook of the workflow that could not be entered is nobody's child.
manifest: |
  hooks:
    run: {template: needs, expression: 'workflow.status == "Succeeded"'}
  templates:
  - {name: main, container: {image: any}}
  - name: needs
    inputs: {parameters: [{name: m}]}
    container: {image: any}
---
00:00  begin         -> start demo
00:01  demo exits 0  -> workflow Error
---
demo            Pod      Error  inputs.parameters.m was not supplied | children:
demo.hooks.run  Skipped  Error  inputs.parameters.m was not supplied
...
