# EX-371: whoever needs a daemon that an interruption ended comes when it is ready again, and finds its address and status.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: srv, template: server}]
    - [{name: a, template: ok}]
    - - {name: cli, template: echo, arguments: {parameters: [{name: m, value: "{{steps.srv.ip}}"}]}}
      - {name: b, template: ok, when: "{{steps.srv.status}} == Running"}
      - {name: in, template: inner}
    - [{name: c, template: ok}]
  - name: inner
    steps: [[{name: p, template: ok}], [{name: q, template: ok}]]
  - name: server
    daemon: true
    container: {image: any}
---
00:00  begin                                  -> start demo[0].srv
00:01  demo[0].srv runs at 127.9.9.9          -> start demo[1].a
00:02  demo[0].srv is withdrawn               -> start demo[0].srv, demo[0].srv Pending
00:03  demo[1].a exits 0                      -> demo[2] Running
00:04  demo[0].srv runs at 127.9.9.8          -> start demo[2].cli, start demo[2].b, start demo[2].in[0].p
00:05  demo[2].cli exits 0                    -> nothing
00:06  demo[2].b exits 0                      -> nothing
00:07  demo[0].srv is withdrawn               -> start demo[0].srv
00:08  demo[2].in[0].p exits 0                -> demo[2].in[1] Running
00:09  demo[0].srv exits 1                    -> demo[0].srv Failed, start demo[2].in[1].q
00:10  demo[2].in[1].q exits 0                -> start demo[3].c
00:11  demo[3].c exits 0                      -> workflow Succeeded
---
demo[2].cli  Pod  Succeeded | inputs: m=127.9.9.8
...
