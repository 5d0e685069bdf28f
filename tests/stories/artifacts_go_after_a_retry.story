# PA-280, PA-287: a workflow that is retried by hand deletes at each of its ends what it made until then.
manifest: |
  artifactGC: {strategy: OnWorkflowCompletion}
  templates:
  - name: main
    steps:
    - [{name: a, template: make}]
    - [{name: b, template: make}]
  - name: make
    container: {image: any}
    outputs: {artifacts: [{name: o, path: /o}]}
---
00:00  begin                         -> start demo[0].a
00:01  demo[0].a exits 0 (a.o=k/a)   -> start demo[1].b
00:02  demo[1].b exits 1             -> workflow Failed
00:03  retry                         -> start demo[1].b
00:04  demo[1].b exits 0 (a.o=k/b)   -> workflow Succeeded
---
workflow   Succeeded | gc: done
demo[0].a  Pod  Succeeded | outputs: artifact o (deleted)
demo[1].b  Pod  Succeeded | outputs: artifact o (deleted)
...
