# TP-119, OB-194: the host of a step is the machine whose run it is; a pod that cannot be made is on none.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: c, template: lost}
      - {name: b, template: echo, depends: a, arguments: {parameters: [{name: m, value: "{{tasks.a.hostNodeName}} {{=tasks.a.hostNodeName}}"}]}}
  - name: lost
    container: {image: any, volumeMounts: [{name: v, mountPath: /v}]}
---
00:00  begin -> start demo.a, demo.c Error
00:01  demo.a exits 0 -> start demo.b
---
demo.a  Pod  Succeeded | host: here
demo.c  Pod  Error  task 'demo.c' errored: volume 'v' not found in workflow spec | host:
demo.b  Pod  Pending | host: | inputs: m=here here
...
