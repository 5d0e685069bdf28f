# PA-242, EX-062: a repository that is no YAML ends the workflow before anything runs.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    artifactRepositoryRef: {key: broken}
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
00:00  begin  -> no demo
