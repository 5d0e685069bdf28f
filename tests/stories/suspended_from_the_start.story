# EX-066, OB-110: the manifest says so.
manifest: |
  suspend: true
  templates: [{name: main, container: {image: any}}]
---
00:00  begin         -> workflow Running, no demo
00:09  resume        -> start demo
00:10  demo exits 0  -> workflow Succeeded
