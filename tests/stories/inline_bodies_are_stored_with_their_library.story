# EX-112: of a template from a library its inline templates are stored with it, run or not; what the workflow itself has written
# is not stored at all.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    templates:
    - name: main
      steps:
      - - {name: own, inline: {container: {image: any}}}
        - {name: lent, templateRef: {name: lib, template: t}}
  ---
  apiVersion: argoproj.io/v1alpha1
  kind: WorkflowTemplate
  metadata: {name: lib}
  spec:
    templates:
    - name: t
      steps:
      - - {name: x, withItems: [1], inline: {container: {image: any, args: ["print={{item}}"]}}}
      - - {name: w, when: "false", inline: {suspend: {}}}
---
---
workflow  Succeeded | stored: namespaced/lib/inline/w; namespaced/lib/inline/x; namespaced/lib/t
...
