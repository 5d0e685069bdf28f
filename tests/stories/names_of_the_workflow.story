# TP-080..TP-085, TP-087, TP-089..TP-091, TP-047, TP-048, TP-101, TP-103..TP-105: what is known everywhere, and in a pod.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo, labels: {l: x}, annotations: {a/b.c: z}}
  spec:
    entrypoint: main
    priority: 7
    serviceAccountName: sa
    arguments: {parameters: [{name: p, value: v}]}
    templates:
    - name: main
      inputs: {parameters: [{name: p}], artifacts: [{name: f, path: /f, raw: {data: x}}]}
      outputs: {parameters: [{name: o, valueFrom: {path: /o}}]}
      container:
        image: cast
        args:
        - "{{workflow.name}} {{workflow.namespace}} {{workflow.uid}} {{workflow.mainEntrypoint}} {{workflow.serviceAccountName}} {{workflow.priority}}"
        - "{{workflow.creationTimestamp}} {{workflow.creationTimestamp.RFC3339}} {{workflow.creationTimestamp.s}} {{workflow.creationTimestamp.b}} {{workflow.creationTimestamp.H}}"
        - "{{workflow.labels.l}} {{workflow.annotations.a/b.c}} {{workflow.annotations.json}}"
        - "{{workflow.parameters.p}} {{workflow.parameters.json}}"
        - "{{inputs.parameters}} {{inputs.artifacts.f.path}} {{outputs.parameters.o.path}} {{node.name}} {{pod.name}}"
---
00:00  begin -> start demo
---
demo  Pod  Pending | args: demo argo 11111111-2222-3333-4444-555555555555 main sa 7; 2030-01-01T00:00:00Z 2030-01-01T00:00:00Z 1893456000 Jan 00; x z {"a/b.c":"z"}; v [{"name":"p","value":"v"}]; [{"name":"p","value":"v"}] /f /o demo demo
...
