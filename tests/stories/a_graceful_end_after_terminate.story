# EX-288, EX-289: the same when somebody ended the run.
manifest: |
  templates: [{name: main, container: {image: any}}]
---
00:00  begin           -> start demo
00:02  terminate       -> stop demo
00:03  demo exits 0    -> demo Failed "workflow shutdown with strategy:  Terminate", workflow Failed
