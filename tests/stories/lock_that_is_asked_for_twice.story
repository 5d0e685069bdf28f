# EX-350, EX-352: a lock twice in one list, and a semaphore from nowhere.
manifest: |
  templates:
  - name: main
    dag: {failFast: false, tasks: [{name: a, template: twice}, {name: b, template: nowhere}]}
  - {name: twice, synchronization: {mutexes: [{name: m}, {name: m}]}, container: {image: any}}
  - {name: nowhere, synchronization: {semaphores: [{namespace: other}]}, container: {image: any}}
---
---
demo.a  Skipped  Error  task 'demo.a' errored: requested configuration is invalid: duplicate synchronization item found
demo.b  Skipped  Error  task 'demo.b' errored: requested configuration is invalid: cannot get LockName for a Semaphore without a ConfigMapRef or Database
...
