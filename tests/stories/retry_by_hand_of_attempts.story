# EX-603, EX-301: attempts are judged by their wrapper: those of one that succeeded stay, those of one that failed give way.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: flaky}, {name: b, template: flaky}]
  - name: flaky
    retryStrategy: {limit: 1}
    container: {image: any, command: [work]}
---
00:00  begin                  -> start demo[0].a(0), start demo[0].b(0)
00:01  demo[0].a(0) exits 1   -> start demo[0].a(1)
00:02  demo[0].b(0) exits 1   -> start demo[0].b(1)
00:03  demo[0].a(1) exits 0   -> demo[0].a Succeeded
00:04  demo[0].b(1) exits 1   -> demo[0].b Failed "No more retries left", workflow Failed
01:00  retry                  -> start demo[0].b(0), no demo[0].b(1), demo[0].a(0) Failed
01:01  demo[0].b(0) exits 1   -> start demo[0].b(1)
01:02  demo[0].b(1) exits 0   -> workflow Succeeded
