# PA-229, PA-241, PA-243, PA-244, PA-206, OB-065, OB-109, OB-165, OB-539, EX-062: the default of the config map that nobody has to name; keys have tags.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    templates:
    - name: main
      container: {image: cast}
      outputs: {artifacts: [{name: o, path: /o}]}
  ---
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: artifact-repositories, annotations: {workflows.argoproj.io/default-artifact-repository: usual}}
  data:
    usual: |
      s3: {bucket: b, keyFormat: "{{workflow.namespace}}/{{workflow.creationTimestamp.Y}}/{{workflow.name}}/{{pod.name}}"}
    other: |
      s3: {bucket: b, keyPrefix: p}
    broken: |
      s3: [
---
00:00  begin  -> start demo
---
workflow  Running | repository: artifact-repositories#usual of argo
demo      Pod  Pending | location: argo/2030/demo/demo
