# EX-597, EX-223, OB-316: what never ran has the code -1; with an expression errors are tried again too.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 3, expression: "asInt(lastRetry.exitCode) > 1"}
    container: {image: any}
---
00:00  begin                   -> start demo(0)
00:01  demo(0) errors it broke  -> demo Error "retryStrategy.expression evaluated to false"
