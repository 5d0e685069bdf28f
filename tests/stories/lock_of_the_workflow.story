# EX-064, EX-356, EX-004, EX-351, OB-133: a workflow that has its lock keeps it to the end.
manifest: |
  synchronization: {mutexes: [{name: m}]}
  templates: [{name: main, container: {image: any}}]
---
00:00  begin         -> start demo, workflow Running
00:01  demo exits 0  -> workflow Succeeded
