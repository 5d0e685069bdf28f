# EX-119, EX-134, EX-663: who is not begun in time is Failed with `timeout`, and so is its group.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: late}, {name: b, template: ok}]
  - name: late
    pendingTimeout: 10s
    container: {image: any}
---
00:00  begin                -> start demo[0].a, start demo[0].b
00:02  demo[0].b exits 0    -> demo Running
00:10  timer                -> stop demo[0].a, workflow Failed
---
workflow   Failed  timeout
demo       Steps      Failed  timeout
demo[0]    StepGroup  Failed  timeout
demo[0].a  Pod        Failed  timeout
demo[0].b  Pod        Succeeded
