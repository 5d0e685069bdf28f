# EX-134, EX-336, EX-353: a retried step that comes through its lock and is remembered lets those beside it be judged.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    templates:
    - name: main
      dag: {tasks: [{name: a, template: asks}, {name: b, template: in, depends: a}]}
    - name: in
      steps: [[{name: s, template: asks}, {name: e, template: ok, withSequence: {count: "0"}}, {name: c, template: ok, withSequence: {count: "2"}, when: "{{item}} != 1"}]]
    - name: asks
      retryStrategy: {limit: 2}
      synchronization: {semaphores: [{configMapKeyRef: {name: sizes, key: k}}], mutexes: [{name: m}]}
      memoize: {key: one, maxAge: "", cache: {configMap: {name: c}}}
      container: {image: any}
    - {name: ok, container: {image: any}}
  ---
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: sizes}
  data: {k: "2"}
---
00:00  begin                   -> start demo.a(0)
00:01  demo.a(0) exits 0       -> start demo.b[0].c(0:0), demo.b[0].s Succeeded
00:02  demo.b[0].c(0:0) exits 0  -> workflow Succeeded
