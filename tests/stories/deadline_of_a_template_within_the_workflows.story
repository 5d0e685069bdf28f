# OB-540, EX-388: a pod may be active as long as its template says, and no longer than the workflow;
# the runner's own clock gives the engine two seconds to end it first.
manifest: |
  activeDeadlineSeconds: 30
  templates:
  - name: main
    steps: [[{name: short, template: short}, {name: long, template: long}]]
  - {name: short, activeDeadlineSeconds: 10, container: {image: any}}
  - {name: long, activeDeadlineSeconds: 60, container: {image: any}}
---
00:00  begin  -> start demo[0].short, start demo[0].long
---
demo[0].short  Pod  Pending | time: 10s
demo[0].long   Pod  Pending | time: 32s
...
