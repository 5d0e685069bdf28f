# EX-585, EX-134: a condition that cannot be evaluated is an Error of the step, the group, and fails the steps.
manifest: |
  templates:
  - name: main
    steps: [[{name: p, template: ok, when: "1 ==="}]]
---
00:00  begin  -> workflow Failed, demo Failed, demo[0] Error, demo[0].p Error
