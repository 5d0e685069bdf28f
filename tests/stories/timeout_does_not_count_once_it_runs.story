# EX-119: a limit on being Pending says nothing about a step that runs.
manifest: |
  templates:
  - name: main
    pendingTimeout: 10s
    container: {image: any}
---
00:00  begin         -> start demo
00:09  demo runs     -> demo Running
00:30  demo exits 0  -> workflow Succeeded
---
workflow  Succeeded
demo      Pod  Succeeded
