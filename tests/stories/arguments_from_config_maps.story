# PA-020, PA-045, PA-401, EX-134, EX-166: an argument's config map is looked up when the template is entered, and says so.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    templates:
    - name: main
      dag:
        tasks:
        - {name: g, template: group}
        - {name: kept, template: t, withItems: [one], arguments: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: "cm-{{item}}", key: k}}}]}}
        - {name: usual, template: t, arguments: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: nope, key: k}, default: "{{workflow.name}}"}}]}}
        - {name: bare, template: t, arguments: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: unlabelled, key: k}, default: x}}]}}
        - {name: key, template: t, arguments: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: cm-one, key: nope}}}]}}
    - name: group
      steps: [[{name: a, template: t, arguments: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: nope, key: k}}}]}}]]
    - name: t
      inputs: {parameters: [{name: p}]}
      container: {image: cast}
  ---
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: cm-one, labels: {workflows.argoproj.io/configmap-type: Parameter}}
  data: {k: kept}
  ---
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: unlabelled}
  data: {k: kept}
---
---
demo.kept(0:one)  Pod  Succeeded | inputs: p=kept
demo.usual  Pod  Succeeded | inputs: p=demo
demo.bare  Skipped  Error  task 'demo.bare' errored: unable to retrieve inputs.parameters.p from ConfigMap: ConfigMap 'unlabelled' needs to have the label workflows.argoproj.io/configmap-type: Parameter to load parameters
demo.key  Skipped  Error  task 'demo.key' errored: unable to retrieve inputs.parameters.p from ConfigMap: ConfigMap 'cm-one' does not have the key 'nope'
demo.g[0]  StepGroup  Error  step group deemed errored due to child demo.g[0].a error: unable to retrieve inputs.parameters.p from ConfigMap: ConfigMap 'nope' does not exist. Please make sure it has the label workflows.argoproj.io/configmap-type: Parameter to be detectable by the controller
demo.g[0].a  Skipped  Error  unable to retrieve inputs.parameters.p from ConfigMap: ConfigMap 'nope' does not exist. Please make sure it has the label workflows.argoproj.io/configmap-type: Parameter to be detectable by the controller
...
