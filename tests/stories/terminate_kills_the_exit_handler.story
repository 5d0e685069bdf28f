# EX-288, EX-321: one that runs already is killed.
manifest: |
  onExit: slow
  templates: [{name: main, container: {image: any}}]
---
00:00  begin                  -> start demo
00:01  demo exits 0           -> start demo.onExit
00:02  stop                   -> nothing
00:03  terminate              -> stop demo.onExit
00:04  demo.onExit exits 143  -> workflow Failed
