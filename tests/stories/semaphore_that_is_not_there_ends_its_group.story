# EX-134, EX-353: a semaphore whose size is not there is an error of the step, and ends its group before the next step is made.
manifest: |
  templates:
  - name: main
    steps: [[{name: w, template: work, withItems: [1, 2]}, {name: z, template: ok}]]
  - name: work
    inputs: {parameters: [{name: v, value: one}]}
    synchronization: {semaphores: [{configMapKeyRef: {name: none, key: k}}]}
    container: {image: any}
---
00:00  begin -> ...
---
workflow        Failed  step group deemed errored due to child demo[0].w(0:1) error: failed to initialize semaphore argo/ConfigMap/none/k with limit 0: config map none has nothing under k
demo            Steps      Failed   step group deemed errored due to child demo[0].w(0:1) error: failed to initialize semaphore argo/ConfigMap/none/k with limit 0: config map none has nothing under k
demo[0]         StepGroup  Error    step group deemed errored due to child demo[0].w(0:1) error: failed to initialize semaphore argo/ConfigMap/none/k with limit 0: config map none has nothing under k
demo[0].w(0:1)  Skipped    Error    failed to initialize semaphore argo/ConfigMap/none/k with limit 0: config map none has nothing under k | inputs:
