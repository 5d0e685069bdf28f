# EX-028, EX-027: the root's pod is named like the workflow; its attempts are not.
manifest: |
  entrypoint: Big
  templates:
  - name: Big
    container: {image: any}
---
00:00  begin         -> start demo
00:01  demo exits 0  -> workflow Succeeded
