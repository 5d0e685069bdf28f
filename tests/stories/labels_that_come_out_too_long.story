# EX-096: so does one that an expression makes.
manifest: |
  workflowMetadata: {labelsFrom: {x: {expression: "repeat('a', 64)"}}}
  templates:
  - name: main
    container: {image: any}
---
00:00  begin -> workflow Error, no demo
---
workflow  Error  invalid label value "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" for label "x" and expression "repeat('a', 64)": must be no more than 63 bytes
