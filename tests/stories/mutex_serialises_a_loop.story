# EX-718, EX-355, EX-357: at any time one of the expansions runs, the others wait without a pod.
manifest: |
  templates:
  - name: main
    steps: [[{name: w, template: work, withItems: [1, 2]}]]
  - name: work
    synchronization: {mutexes: [{name: m1}]}
    container: {image: any}
---
00:00  begin                   -> start demo[0].w(0:1), demo[0].w(1:2) Pending "Waiting for argo/Mutex/m1 lock. Lock status: 0/1"
00:01  demo[0].w(0:1) exits 0  -> start demo[0].w(1:2)
00:02  demo[0].w(1:2) exits 0  -> workflow Succeeded
