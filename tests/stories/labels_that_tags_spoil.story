# EX-061, EX-096: a label is judged once its tags are replaced.
manifest: |
  workflowMetadata: {labels: {x: "{{workflow.parameters.p}}"}}
  arguments: {parameters: [{name: p, value: a b}]}
  templates:
  - name: main
    container: {image: any}
---
00:00  begin -> workflow Error, no demo
---
workflow  Error  invalid label value "a b" for label "x": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
