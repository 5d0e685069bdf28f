# EX-244, EX-248: the expanded step has the name of the expansion, and by that its hooks know it.
manifest: |
  templates:
  - name: main
    steps:
    - - name: a
        template: ok
        withItems: [0, 1]
        continueOn: {failed: true}
        hooks:
          h: {expression: 'steps["a({{item}}:{{item}})"].status == "Failed"', template: ok}
          exit: {expression: 'steps["a({{item}}:{{item}})"].status == "Succeeded"', template: ok}
    - - name: b
        template: ok
        withItems: [0]
        hooks: {h: {expression: 'steps["b"] == nil', template: ok}}
---
00:00  begin                   -> start demo[0].a(0:0), start demo[0].a(1:1)
00:01  demo[0].a(0:0) exits 1  -> start demo[0].a(0:0).hooks.h
00:02  demo[0].a(1:1) exits 0  -> start demo[0].a(1:1).onExit
00:03  play                    -> ..., workflow Succeeded
---
demo[0].a(0:0).hooks.h  Pod  Succeeded
demo[0].a(1:1).onExit   Pod  Succeeded
demo[1].b(0:0).hooks.h  Pod  Succeeded
...
