# OB-161, EX-065: pods are looked after from the second look on: none ever was looked after in a workflow that ends in its first look.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok, when: "1 == 2"}]]
---
00:00  begin -> workflow Succeeded
---
workflow  Succeeded | conditions: Completed=True
...
