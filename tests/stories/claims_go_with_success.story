# EX-503, EX-306, PA-260: the claims of a workflow are part of its status from the beginning to an end that removes them.
manifest: |
  volumeClaimTemplates: [{metadata: {name: work}, spec: {accessModes: [ReadWriteOnce]}}]
  templates:
  - name: main
    container: {image: any, volumeMounts: [{name: work, mountPath: /work}]}
---
00:00  begin         -> start demo
00:01  demo exits 0  -> workflow Succeeded
---
workflow  Succeeded | claims: []
...
