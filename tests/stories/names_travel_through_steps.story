# TP-340, TP-064, TP-106, TP-063, TP-044, TP-047, TP-048: what is known is filled in where a template is entered; steps.name is who called.
manifest: |
  arguments: {parameters: [{name: env, value: prod}]}
  templates:
  - name: main
    steps: [[{name: call, template: inner, arguments: {parameters: [{name: who, value: "{{workflow.parameters.env}}-{{workflow.name}}"}]}}]]
  - name: inner
    inputs: {parameters: [{name: who}, {name: suffix, default: "{{workflow.parameters.env}}"}]}
    steps: [[{name: say, template: echo, arguments: {parameters: [{name: m, value: "{{inputs.parameters.who}}/{{inputs.parameters.suffix}}/{{steps.name}}"}]}}]]
---
---
demo[0].call         Steps  Succeeded | inputs: who=prod-demo; suffix=prod
demo[0].call[0].say  Pod    Succeeded | inputs: m=prod-demo/prod/call
...
