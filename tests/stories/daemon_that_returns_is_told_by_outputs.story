# EX-371: outputs that tell of a daemon wait until one that an interruption ended is ready again.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: srv, template: server}
    - - {name: a, template: ok}
    outputs:
      parameters:
      - {name: how, valueFrom: {parameter: "{{steps.srv.status}}"}}
      - {name: at, valueFrom: {parameter: "{{steps.srv.ip}}"}}
  - name: server
    daemon: true
    container: {image: any}
---
00:00  begin                                  -> start demo[0].srv
00:01  demo[0].srv runs at 127.9.9.9          -> start demo[1].a
00:02  demo[0].srv is withdrawn               -> start demo[0].srv, demo[0].srv Pending
00:03  demo[1].a exits 0                      -> demo Running
00:04  demo[0].srv runs at 127.9.9.8          -> stop demo[0].srv, workflow Succeeded
---
demo  Steps  Succeeded | outputs: how=Running; at=127.9.9.8
...
