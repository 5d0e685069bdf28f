# TP-086, CR-084: runs of schedules know what time they are for.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo, annotations: {workflows.argoproj.io/scheduled-time: "2030-01-01T02:00:00Z"}}
  spec:
    entrypoint: main
    templates:
    - name: main
      container: {image: cast, args: ["{{workflow.scheduledTime}}"]}
---
00:00  begin -> start demo
---
demo  Pod  Pending | args: 2030-01-01T02:00:00Z
...
