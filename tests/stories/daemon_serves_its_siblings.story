# EX-721, EX-370, EX-371, EX-140: the next group starts when the daemon is ready, and the daemon goes with its steps.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: srv, template: server}]
    - [{name: cli, template: echo, arguments: {parameters: [{name: m, value: "{{steps.srv.ip}}"}]}}]
  - name: server
    daemon: true
    container: {image: any}
---
00:00  begin                           -> start demo[0].srv
00:01  demo[0].srv runs                -> demo[0].srv Running, no demo[1]
00:05  demo[0].srv runs at 127.9.9.9   -> start demo[1].cli, demo[0].srv Running
00:06  demo[1].cli exits 0             -> stop demo[0].srv, demo[0].srv Succeeded, workflow Succeeded
00:07  demo[0].srv exits 143           -> workflow Succeeded
---
workflow     Succeeded
demo         Steps      Succeeded
demo[0]      StepGroup  Succeeded
demo[0].srv  Pod        Succeeded
demo[1]      StepGroup  Succeeded
demo[1].cli  Pod        Succeeded
