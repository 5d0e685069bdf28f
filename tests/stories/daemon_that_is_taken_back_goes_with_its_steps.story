# EX-371, EX-140: a daemon that was ready and is being started again goes with its steps like one that serves.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: srv, template: server}]
    - [{name: cli, template: ok}]
  - name: server
    daemon: true
    container: {image: any}
---
00:00  begin                           -> start demo[0].srv
00:01  demo[0].srv runs at 127.9.9.9   -> start demo[1].cli
00:02  demo[0].srv is withdrawn        -> start demo[0].srv, demo[0].srv Pending
00:03  demo[1].cli exits 0             -> stop demo[0].srv, demo[0].srv Succeeded, workflow Succeeded
