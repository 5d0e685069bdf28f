# EX-626: of a template's timeout and its deadline the shorter one counts.
manifest: |
  templates:
  - name: main
    timeout: 50s
    activeDeadlineSeconds: 20
    container: {image: cast}
---
00:00  begin -> start demo
---
demo  Pod  Pending | time: 20s
...
