# EX-229, EX-243: the hook hangs below the step, runs once and counts as no attempt.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: try, onExit: ok}]]
  - name: try
    retryStrategy: {limit: 1}
    container: {image: any}
---
00:00  begin                     -> start demo[0].a(0)
00:01  demo[0].a(0) exits 1      -> start demo[0].a(1)
00:02  demo[0].a(1) exits 0      -> start demo[0].a.onExit
00:03  demo[0].a.onExit exits 0  -> workflow Succeeded
---
demo[0].a         Retry  Succeeded | children: demo[0].a(0); demo[0].a(1); demo[0].a.onExit
demo[0].a.onExit  Pod    Succeeded | flags: hooked
...
