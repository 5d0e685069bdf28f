# TP-343, OB-022, OB-363, EX-112, EX-030, EX-723: libraries of the cluster call their own, and a loop may choose the library.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    templates:
    - name: main
      steps:
      - [{name: a, templateRef: {name: c, template: t, clusterScope: true}}]
      - [{name: b, templateRef: {name: "{{item.lib}}", template: "{{item.t}}"}, withItems: [{lib: one, t: x1}, {lib: two, t: x2}]}]
  ---
  apiVersion: argoproj.io/v1alpha1
  kind: ClusterWorkflowTemplate
  metadata: {name: c}
  spec: {templates: [{name: t, steps: [[{name: s, template: u}]]}, {name: u, container: {image: cast}}]}
  ---
  apiVersion: argoproj.io/v1alpha1
  kind: WorkflowTemplate
  metadata: {name: one}
  spec: {templates: [{name: x1, container: {image: cast}}]}
  ---
  apiVersion: argoproj.io/v1alpha1
  kind: WorkflowTemplate
  metadata: {name: two}
  spec: {templates: [{name: x2, container: {image: cast}}]}
---
---
workflow  Succeeded | stored: cluster/c/t; cluster/c/u; namespaced/one/x1; namespaced/two/x2
demo[0].a[0].s  Pod  Succeeded | scope: cluster/c
demo[1].b(0:lib:one,t:x1)  Pod  Succeeded | ref: one/x1
demo[1].b(1:lib:two,t:x2)  Pod  Succeeded | ref: two/x2
...
