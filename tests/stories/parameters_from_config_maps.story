# PA-045, PA-401, PA-302, OB-056, TP-046: from a config map that is labelled; what is not there gives way to the default, an unlabelled one is an error.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    arguments: {parameters: [{name: env, value: one}]}
    templates:
    - name: main
      dag: {tasks: [{name: a, template: t}, {name: b, template: miss}, {name: c, template: bare}]}
    - name: t
      inputs: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: "cm-{{workflow.parameters.env}}", key: k}, default: x}}]}
      container: {image: cast}
    - name: miss
      inputs: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: cm-one, key: none}, default: x}}]}
      container: {image: cast}
    - name: bare
      inputs: {parameters: [{name: p, valueFrom: {configMapKeyRef: {name: unlabelled, key: k}, default: x}}]}
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
demo.a  Pod  Succeeded | inputs: p=kept
demo.b  Pod  Succeeded | inputs: p=x
...
