# PA-063, PA-065, TP-248: a pod that has run tells all the output parameters it declares, however it ended; what it did not write has no
# value, which is no value for others either. One that never ran tells nothing.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: out, continueOn: {failed: true}}
      - {name: b, template: out, continueOn: {error: true}}
      - {name: r, template: again, continueOn: {failed: true}}
    - [{name: c, template: ok, when: "{{=steps.a.outputs?.parameters?.p ?? 'none'}} == none"}]
  - name: out
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /p}}, {name: q, valueFrom: {path: /q}}]}
  - name: again
    retryStrategy: {limit: 0}
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /p}}]}
---
00:00  begin                          -> start demo[0].a, start demo[0].b, start demo[0].r(0)
00:01  demo[0].a exits 1 (p.q=1)   -> nothing
00:01  demo[0].b is lost              -> nothing
00:01  demo[0].r(0) exits 1           -> start demo[1].c
00:02  demo[1].c exits 0              -> workflow Succeeded
---
demo[0].a     Pod    Failed  main: Error (exit code 1) | outputs: p=?; q=1; exitCode=1
demo[0].b     Pod    Error   pod deleted | outputs:
demo[0].r     Retry  Failed  No more retries left | outputs: p=?; exitCode=1
demo[0].r(0)  Pod    Failed  main: Error (exit code 1) | outputs: p=?; exitCode=1
...
