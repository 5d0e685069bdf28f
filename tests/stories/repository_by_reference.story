# PA-228, PA-240, PA-206, UI-262: a key of a config map that the workflow names; an old prefix goes before the usual key.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    artifactRepositoryRef: {configMap: mine, key: other}
    templates:
    - name: main
      container: {image: cast}
      outputs: {artifacts: [{name: o, path: /o}]}
  ---
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: mine}
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
workflow  Running | repository: mine#other of argo
demo      Pod  Pending | location: p/demo/demo
