# EX-353, EX-352, EX-350, EX-196, EX-660: a semaphore of two and a mutex, all or nothing; the lock is given to who came first.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    templates:
    - name: main
      dag: {tasks: [{name: a, template: two}, {name: b, template: two}, {name: c, template: two}]}
    - {name: two, synchronization: {semaphores: [{configMapKeyRef: {name: sizes, key: k}}]}, container: {image: any}}
  ---
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: sizes}
  data: {k: "2"}
---
00:00  begin            -> start demo.a, start demo.b, demo.c Pending "Waiting for argo/ConfigMap/sizes/k lock. Lock status: 0/2"
00:01  demo.b exits 0   -> start demo.c
00:02  demo.a exits 0   -> nothing
00:03  demo.c exits 0   -> workflow Succeeded
