# EX-302, EX-371: after a retry by hand a retried daemon that served in the life before is waited for until it serves again.
manifest: |
  activeDeadlineSeconds: 10
  templates:
  - name: main
    steps: [[{name: d, template: server}, {name: p, template: ok}], [{name: q, template: ok}]]
  - {name: server, daemon: true, retryStrategy: {limit: 1}, container: {image: any}}
---
00:00  begin                            -> start demo[0].d(0), start demo[0].p
00:01  demo[0].d(0) runs at 127.9.9.9   -> demo[0].d Running
00:10  timer                            -> stop demo[0].d(0), stop demo[0].p
00:11  demo[0].d(0) exits 143           -> demo[0].d Failed
00:12  demo[0].p exits 143              -> workflow Failed
01:00  retry                            -> start demo[0].d(0), start demo[0].p
01:01  demo[0].p exits 0                -> no demo[1]
01:02  demo[0].d(0) runs at 127.9.9.10  -> start demo[1].q
01:03  demo[1].q exits 0                -> stop demo[0].d(0), workflow Succeeded
