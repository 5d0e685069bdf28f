# PA-281, K8S-320: a workflow whose artifacts never go has nothing to do for them.
manifest: |
  artifactGC: {strategy: Never}
  templates:
  - name: main
    container: {image: any}
    outputs: {artifacts: [{name: o, path: /o}]}
---
00:00  begin                         -> start demo
00:01  demo exits 0 (a.o=k/o)        -> workflow Succeeded
---
workflow  Succeeded | gc: none
demo      Pod  Succeeded | outputs: artifact o
