# EX-068: what keeps the entrypoint from running is the workflow's Error.
manifest: |
  templates:
  - name: main
    inputs: {parameters: [{name: p}]}
    container: {image: cast}
---
00:00  begin -> workflow Error "error in entry template execution: inputs.parameters.p was not supplied"
