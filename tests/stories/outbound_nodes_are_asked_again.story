# EX-032: who asks steps for their exit points asks each of these again: the attempt that a wrapper leads on with, or the wrapper of
# an exit hook's attempts.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: mid}, {name: h, template: hooked}]
    - [{name: b, template: ok}]
  - {name: mid, steps: [[{name: work, template: again}]]}
  - name: again
    retryStrategy: {limit: 1}
    steps: [[{name: p, template: ok}], [{name: q, template: ok}]]
  - {name: hooked, steps: [[{name: work, template: tries, onExit: tries}]]}
  - {name: tries, retryStrategy: {limit: 1}, container: {image: cast}}
---
00:00  begin -> ...
00:00  play  -> ..., workflow Succeeded
---
demo[0].a  Steps  Succeeded | outbound: demo[0].a[0].work(0)
demo[0].a[0].work(0)[1].q  Pod  Succeeded | children: demo[1]
demo[0].a[0].work(0)  Steps  Succeeded | children: demo[0].a[0].work(0)[0]
demo[0].h  Steps  Succeeded | outbound: demo[0].h[0].work.onExit
demo[0].h[0].work.onExit  Retry  Succeeded | children: demo[0].h[0].work.onExit(0)
demo[0].h[0].work.onExit(0)  Pod  Succeeded | children: demo[1]
...
