# EX-034: the wrapper and the attempts of a hook are flagged as both; an ordinary wrapper as nothing, the containers of a set as their pod.
manifest: |
  onExit: try
  templates:
  - name: main
    steps: [[{name: a, template: try, hooks: {exit: {template: try}}}]]
  - name: try
    retryStrategy: {limit: 1}
    containerSet: {containers: [{name: main, image: any}]}
---
00:00  begin                        -> start demo[0].a(0)
00:01  demo[0].a(0) exits 0         -> start demo[0].a.onExit(0)
00:02  demo[0].a.onExit(0) exits 0  -> start demo.onExit(0)
00:03  demo.onExit(0) exits 0       -> workflow Succeeded
---
demo[0].a                 Retry      Succeeded | flags:
demo[0].a(0)              Pod        Succeeded | flags: retried
demo[0].a(0).main         Container  Succeeded | flags: retried
demo[0].a.onExit          Retry      Succeeded | flags: hooked retried
demo[0].a.onExit(0)       Pod        Succeeded | flags: hooked retried
demo[0].a.onExit(0).main  Container  Succeeded | flags: hooked retried
demo.onExit               Retry      Succeeded | flags: hooked retried
demo.onExit(0)            Pod        Succeeded | flags: hooked retried
...
