# EX-713, EX-222, EX-224: the expression reads the last attempt; the attempt reads `retries`.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: "3", expression: "asInt(lastRetry.exitCode) == 7"}
    container: {image: any, args: ["exit={{=retries == '0' ? '7' : '9'}}"]}
---
---
workflow  Failed  retryStrategy.expression evaluated to false
demo      Retry  Failed  retryStrategy.expression evaluated to false | children: demo(0); demo(1)
demo(0)   Pod    Failed  main: Error (exit code 7) | flags: retried
demo(1)   Pod    Failed  main: Error (exit code 9) | flags: retried
