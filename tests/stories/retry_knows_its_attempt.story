# EX-224, TP-107, TP-108, TP-299, TP-049, TP-342, EX-223: each attempt knows its number and how the one before it ended.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 2}
    container: {image: any, args: ["{{retries}}", "{{=asInt(retries) + 1}}", "{{lastRetry.exitCode}}", "{{lastRetry.status}}", "{{lastRetry.duration}}"]}
---
00:00  begin            -> start demo(0)
00:02  demo(0) exits 4  -> start demo(1)
00:05  demo(1) exits 5  -> start demo(2)
00:06  demo(2) exits 0  -> workflow Succeeded
---
demo(0)  Pod  Failed  main: Error (exit code 4) | args: 0; 1; 0; ; 0
demo(1)  Pod  Failed  main: Error (exit code 5) | args: 1; 2; 4; Failed; 2
demo(2)  Pod  Succeeded | args: 2; 3; 5; Failed; 3
...
