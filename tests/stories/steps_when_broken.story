# EX-585, EX-134, EX-190: a condition that cannot be evaluated breaks the group before there is a node for its step.
manifest: |
  templates:
  - name: main
    steps: [[{name: p, template: ok, when: "1 ==="}]]
---
00:00  begin  -> workflow Failed, demo Failed, demo[0] Error, no demo[0].p
