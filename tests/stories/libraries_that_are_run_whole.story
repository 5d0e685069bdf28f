# EX-030, EX-112: who runs a library whole has a scope without a name, and stores what it uses as the library's.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec: {workflowTemplateRef: {name: lib}}
  ---
  apiVersion: argoproj.io/v1alpha1
  kind: WorkflowTemplate
  metadata: {name: lib}
  spec:
    entrypoint: main
    templates:
    - {name: main, steps: [[{name: a, template: leaf}]]}
    - {name: leaf, container: {image: cast}}
    - {name: unused, container: {image: cast}}
---
---
workflow   Succeeded | stored: namespaced/lib/leaf; namespaced/lib/main | conditions: PodRunning=False; Completed=True
demo       Steps  Succeeded | scope: local/
demo[0].a  Pod    Succeeded | scope: local/
...
