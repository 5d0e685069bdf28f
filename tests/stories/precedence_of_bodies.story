# EX-090..EX-094, OB-132, OB-163, OB-361, OB-435, OB-436: what the workflow says wins over the document it refers to; hooks by name, suspend not at all.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    workflowTemplateRef: {name: lib}
    hooks: {h: {template: mine, expression: "true"}}
  ---
  apiVersion: argoproj.io/v1alpha1
  kind: WorkflowTemplate
  metadata: {name: lib}
  spec:
    entrypoint: main
    suspend: true
    hooks: {h: {template: other, expression: "true"}, g: {template: other, expression: "true"}}
    templates: [{name: main, container: {image: cast}}, {name: mine, container: {image: cast}}, {name: other, container: {image: cast}}]
---
---
workflow      Succeeded
demo          Pod  Succeeded
demo.hooks.h  Pod  Succeeded | template: mine
demo.hooks.g  Pod  Succeeded | template: other
...
