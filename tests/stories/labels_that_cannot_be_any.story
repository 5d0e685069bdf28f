# EX-096: a label that Kubernetes would not take ends the workflow before it begins.
manifest: |
  workflowMetadata: {labels: {x: "a b"}}
  templates:
  - name: main
    container: {image: any}
---
00:00  begin -> workflow Error, no demo
---
workflow  Error  invalid label value "a b" for label "x": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
