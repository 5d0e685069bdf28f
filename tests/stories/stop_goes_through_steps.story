# EX-326, EX-133, EX-136, EX-289: steps go on when they are stopped: what they enter has failed before it began, and their groups say so.
manifest: |
  templates:
  - name: main
    parallelism: 1
    steps:
    - [{name: a, template: ok, continueOn: {failed: true}}, {name: b, template: ok, continueOn: {failed: true}}]
    - [{name: c, template: tries}]
  - name: tries
    retryStrategy: {limit: 2}
    container: {image: cast}
---
00:00  begin                 -> start demo[0].a
00:01  stop                  -> stop demo[0].a, demo[0].b Failed "workflow shutdown with strategy: Stop"
00:02  demo[0].a exits 143   -> workflow Failed "Stopped with strategy 'Stop'"
---
demo          Steps      Failed     child '{demo[1].c}' failed
demo[0]       StepGroup  Succeeded
demo[0].a     Pod        Failed     workflow shutdown with strategy:  Stop
demo[0].b     Pod        Failed     workflow shutdown with strategy: Stop
demo[1]       StepGroup  Failed     child '{demo[1].c}' failed
demo[1].c     Retry      Failed     Stopped with strategy 'Stop'
demo[1].c(0)  Pod        Failed     workflow shutdown with strategy: Stop
