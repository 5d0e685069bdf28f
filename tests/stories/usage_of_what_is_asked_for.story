# EX-532: requests count before limits, these before the defaults, and all containers together.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: big}, {name: b, template: pair}]}
  - name: big
    container:
      image: any
      command: [work]
      resources:
        limits: {cpu: 4, memory: 1Gi}
        requests: {cpu: 500m, ephemeral-storage: 20Gi, nvidia.com/gpu: 1}
  - name: pair
    container: {image: any, command: [work]}
    sidecars: [{name: beside, image: any, command: [serve], resources: {requests: {cpu: 1}}}]
---
00:00  begin -> start demo.a, start demo.b
00:10  demo.a exits 0 -> nothing
00:10  demo.b exits 0 -> workflow Succeeded
---
demo.a  Pod  Succeeded | usage: cpu 5, ephemeral-storage 20, memory 102, nvidia.com/gpu 10
demo.b  Pod  Succeeded | usage: cpu 11, memory 20
...
