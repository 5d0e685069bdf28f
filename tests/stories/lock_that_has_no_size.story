# EX-353, EX-350: a semaphore whose size is not there makes the step Error.
manifest: |
  templates:
  - name: main
    synchronization: {semaphores: [{configMapKeyRef: {name: none, key: k}}]}
    container: {image: any}
---
00:00  begin -> ...
---
workflow  Error  error in entry template execution: failed to initialize semaphore argo/ConfigMap/none/k with limit 0: config map none has nothing under k
...
