# EX-291, EX-325: at the deadline of the workflow only requests that nobody answers yet are given up.
manifest: |
  activeDeadlineSeconds: 10
  templates:
  - name: main
    dag:
      tasks:
      - {name: ask, template: ask}
      - {name: work, template: work}
  - name: ask
    http: {url: "http://example.org/"}
  - name: work
    plugin: {any: {}}
---
00:00  begin              -> start demo.ask, start demo.work
00:05  demo.work runs     -> demo.work Running
00:10  timer              -> stop demo.ask, demo.ask Failed, demo.work Running
00:12  demo.work exits 0  -> workflow Failed
---
workflow   Failed
demo       DAG     Failed
demo.ask   HTTP    Failed  Step exceeded its deadline
demo.work  Plugin  Succeeded
