# EX-291, OB-120: zero seconds are over before anything starts.
manifest: |
  activeDeadlineSeconds: 0
  templates: [{name: main, container: {image: any}}]
---
00:00  begin -> ...
00:00  play -> ..., workflow Failed
---
workflow  Failed  Step exceeded its deadline
...
