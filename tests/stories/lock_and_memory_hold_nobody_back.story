# EX-134, EX-336, EX-353: a step that comes through its lock and looks into memory holds back nobody beside it for longer.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    templates:
    - name: main
      steps: [[{name: a, template: asks}, {name: b, template: ok}]]
    - name: asks
      synchronization: {semaphores: [{configMapKeyRef: {name: sizes, key: k}}]}
      memoize: {key: one, maxAge: "", cache: {configMap: {name: c}}}
      container: {image: any}
    - {name: ok, container: {image: any}}
  ---
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: sizes}
  data: {k: "2"}
---
00:00  begin               -> start demo[0].a, start demo[0].b
00:01  demo[0].b exits 0   -> nothing
00:02  demo[0].a exits 0   -> workflow Succeeded
