# EX-096: a label that comes out as anything but a text is refused, with what it is.
manifest: |
  workflowMetadata: {labelsFrom: {x: {expression: 1 + 1}}}
  templates:
  - name: main
    container: {image: any}
---
00:00  begin -> workflow Error, no demo
---
workflow  Error  failed to evaluate label "x" expression "1 + 1" evaluted to int but must be a string
