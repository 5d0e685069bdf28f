# TP-042, TP-050, PA-261, EX-067, EX-385, OB-106, OB-128: volumes may be named by what a step gave out, patches by parameters.
manifest: |
  arguments: {parameters: [{name: size, value: 2Gi}]}
  podSpecPatch: '{"hostname": "{{workflow.parameters.size}}"}'
  volumes:
  - name: v
    persistentVolumeClaim: {claimName: "{{steps.make.outputs.parameters.p}}"}
  templates:
  - name: main
    steps:
    - [{name: make, template: out, arguments: {parameters: [{name: v, value: claim-7}]}}]
    - [{name: use, template: use}]
  - name: use
    container: {image: any, volumeMounts: [{name: v, mountPath: /v}]}
---
00:00  begin                              -> start demo[0].make
00:01  demo[0].make exits 0 (p.p=claim-7)  -> start demo[1].use
---
demo[1].use  Pod  Pending | volumes: [{"name":"v","persistentVolumeClaim":{"claimName":"claim-7"}}] | patch: {"hostname": "2Gi"}
...
