# OB-519, EX-263, EX-669, OB-227, EX-637: no new child is started after one failed; the template ends when its pods have.
manifest: |
  templates:
  - name: main
    failFast: true
    parallelism: 2
    steps: [[{name: w, template: ok, withItems: [1, 2, 3, 4]}]]
---
00:00  begin                   -> start demo[0].w(0:1), start demo[0].w(1:2)
00:01  demo[0].w(0:1) exits 1  -> demo Running, no demo[0].w(2:3)
00:02  demo[0].w(1:2) exits 0  -> workflow Failed
---
demo     Steps      Failed  template has failed or errored children and failFast enabled
demo[0]  StepGroup  Failed  template has failed or errored children and failFast enabled
...
