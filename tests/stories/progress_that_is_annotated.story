# EX-531: a pod begins with the progress that its template's annotations name.
manifest: |
  templates:
  - name: main
    metadata: {annotations: {workflows.argoproj.io/progress: 0/100}}
    container: {image: any}
---
00:00  begin             -> start demo
00:01  demo progresses 10/100 -> workflow Running
00:02  demo exits 0      -> workflow Succeeded
---
workflow  Succeeded | progress: 100/100
demo      Pod  Succeeded | progress: 100/100
