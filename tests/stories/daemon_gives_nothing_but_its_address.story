# EX-374, TP-118: what a daemon prints is not there while it runs.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: srv, template: server}]
    - [{name: cli, template: echo, arguments: {parameters: [{name: m, value: "{{steps.srv.ip}} {{steps.srv.status}}"}]}}]
  - {name: server, daemon: true, container: {image: any}}
---
00:00  begin                          -> start demo[0].srv
00:01  demo[0].srv runs at 127.0.0.7  -> start demo[1].cli
---
demo[0].srv  Pod  Running | outputs: | daemoned: true
demo[1].cli  Pod  Pending | inputs: m=127.0.0.7 Running
...
