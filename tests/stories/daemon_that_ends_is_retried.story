# EX-372, EX-373: a daemon that ends by itself has failed, and its retry strategy starts it again, beside what it serves.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: srv, template: server}
      - {name: cli, template: ok, depends: srv.Daemoned}
  - name: server
    daemon: true
    retryStrategy: {limit: 3}
    container: {image: any}
---
00:00  begin                             -> start demo.srv(0)
00:01  demo.srv(0) runs at 127.9.9.9     -> start demo.cli, demo.srv Running
00:02  demo.srv(0) exits 0               -> start demo.srv(1), demo.srv(0) Failed
00:03  demo.srv(1) runs at 127.9.9.10    -> demo.srv Running
00:04  demo.cli exits 0                  -> stop demo.srv(1), workflow Succeeded
---
workflow     Succeeded
demo         DAG    Succeeded
demo.srv     Retry  Succeeded
demo.srv(0)  Pod    Failed
demo.cli     Pod    Succeeded
demo.srv(1)  Pod    Succeeded
