# TP-045, OB-182: what cannot be entered was expanded all the same, and shows which library was meant.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, templateRef: {name: "{{item}}", template: x}, withItems: [nolib]}]]
---
00:00  begin -> workflow Failed
---
demo[0].a(0:nolib)  Skipped  Error  workflow template nolib not found | ref: nolib/x
...
