# EX-726, EX-090, EX-092: each parameter is taken whole from the highest level that gives it anything.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    workflowTemplateRef: {name: lib}
    arguments: {parameters: [{name: a, value: w}, {name: d, value: w}]}
  ---
  apiVersion: argoproj.io/v1alpha1
  kind: WorkflowTemplate
  metadata: {name: lib}
  spec:
    entrypoint: main
    arguments: {parameters: [{name: a, value: t}, {name: b, value: t}]}
    templates:
    - name: main
      inputs: {parameters: [{name: x, value: "{{workflow.parameters.a}}{{workflow.parameters.b}}{{workflow.parameters.d}}"}]}
      container: {image: any}
---
---
workflow  Succeeded
demo      Pod  Succeeded | inputs: x=wtw
