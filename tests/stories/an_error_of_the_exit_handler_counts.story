# EX-070, EX-071: an error that the exit handler returns is the workflow's, whatever the entry node has come to; that it fails is not.
manifest: |
  onExit: fin
  templates:
  - {name: main, container: {image: cast}}
  - name: fin
    retryStrategy: {limit: 1, backoff: {factor: 2}}
    container: {image: cast}
---
00:00  begin                   -> start demo
00:01  demo exits 1            -> start demo.onExit(0)
00:02  demo.onExit(0) exits 1  -> workflow Error "error in exit template execution : no base duration specified for retryStrategy"
---
demo            Pod    Failed  main: Error (exit code 1)
demo.onExit     Retry  Error   no base duration specified for retryStrategy
demo.onExit(0)  Pod    Failed  main: Error (exit code 1)
