# TP-345, TP-009, TP-007, TP-022, TP-272, TP-273: braces of other tools reach the container as they are; in a loop they are an error.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: t}, {name: l, template: echo, withItems: [1], arguments: {parameters: [{name: m, value: "{{ .Values.x }}"}]}}]}
  - name: t
    container: {image: any, args: ["{{ .Values.x }}", "{{#if a}}b{{/if}}"]}
---
00:00  begin -> ...
---
demo.a  Pod  Pending | args: {{ .Values.x }}; {{#if a}}b{{/if}}
demo.l  Skipped  Error  failed to resolve {{ .Values.x }}
...
