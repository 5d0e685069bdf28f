# EX-353, EX-350: a semaphore whose size is not there makes the step Error.
manifest: |
  templates:
  - name: main
    synchronization: {semaphores: [{configMapKeyRef: {name: none, key: k}}]}
    container: {image: any}
---
00:00  begin -> ...
---
workflow  Error  Failed to acquire the synchronization lock: failed to initialize semaphore argo/ConfigMap/none/k
...
