# EX-133, EX-302: which child failed first goes by the order of the children, and what a retry makes anew comes last.
manifest: |
  templates:
  - name: main
    steps: [[{name: f, template: fail}, {name: g, template: ok}, {name: r, template: try}], [{name: z, template: ok}]]
  - name: try
    retryStrategy: {limit: 1}
    container: {image: any}
---
00:00  begin                 -> start demo[0].f, start demo[0].g, start demo[0].r(0)
00:01  demo[0].f exits 1     -> demo[0] Running
00:02  demo[0].g exits 0     -> demo[0] Running
00:03  demo[0].r(0) exits 1  -> start demo[0].r(1)
00:04  demo[0].r(1) exits 1  -> workflow Failed
00:05  retry                 -> start demo[0].r(0), start demo[0].f
00:06  demo[0].f exits 1     -> demo[0] Running
00:07  demo[0].r(0) exits 1  -> start demo[0].r(1)
00:08  demo[0].r(1) exits 1  -> workflow Failed
---
workflow  Failed  child '{demo[0].r}' failed
demo       Steps      Failed  child '{demo[0].r}' failed | outbound: demo[0].g; demo[0].r(1); demo[0].f
demo[0]    StepGroup  Failed  child '{demo[0].r}' failed | children: demo[0].g; demo[0].r; demo[0].f
...
