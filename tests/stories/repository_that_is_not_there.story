# PA-240, PA-241, PA-242, PA-245: what is not there gives way to the repository that is always there. The status tells of
# it all the same: Argo's pages look into it without asking (UI-262).
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    artifactRepositoryRef: {key: nowhere}
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
workflow  Running | repository: the usual one
demo      Pod  Pending | location: demo/demo
