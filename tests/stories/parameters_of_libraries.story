# PA-030, OB-360, OB-362, TP-088, EX-110, OB-182: a template of a library sees the workflow's parameters, not its own document's.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    arguments: {parameters: [{name: p, value: mine}]}
    templates:
    - name: main
      steps: [[{name: a, templateRef: {name: lib, template: t}}]]
  ---
  apiVersion: argoproj.io/v1alpha1
  kind: WorkflowTemplate
  metadata: {name: lib}
  spec:
    arguments: {parameters: [{name: p, value: theirs}]}
    templates: [{name: t, container: {image: cast, args: ["print={{workflow.parameters.p}}"]}}]
---
---
workflow   Succeeded | stored: namespaced/lib/t
demo[0].a  Pod  Succeeded | args: print=mine | ref: lib/t | scope: local/demo
...
