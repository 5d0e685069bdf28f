# EX-723, EX-110, EX-112, EX-030: inside a referenced template plain names are looked up where it lives.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    templates:
    - name: main
      steps: [[{name: a, templateRef: {name: lib, template: t}}]]
    - {name: helper, container: {image: own, args: [exit=1]}}
  ---
  apiVersion: argoproj.io/v1alpha1
  kind: WorkflowTemplate
  metadata: {name: lib}
  spec:
    templates:
    - name: t
      steps: [[{name: h, template: helper}]]
    - {name: helper, container: {image: libs, args: [exit=0]}}
---
---
workflow         Succeeded  | stored: namespaced/lib/helper; namespaced/lib/t
demo             Steps      Succeeded
demo[0]          StepGroup  Succeeded
demo[0].a        Steps      Succeeded | ref: lib/t | scope: local/demo
demo[0].a[0]     StepGroup  Succeeded
demo[0].a[0].h   Pod        Succeeded | template: helper | scope: namespaced/lib
