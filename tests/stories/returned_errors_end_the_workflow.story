# EX-068, EX-115, EX-222: the workflow ends in the words of an error that its entry node returned.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 5, backoff: {factor: 2}}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:01  demo(0) exits 1  -> demo Error, workflow Error
---
workflow  Error  error in entry template execution: no base duration specified for retryStrategy
demo      Retry  Error  no base duration specified for retryStrategy
...
