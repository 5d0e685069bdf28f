# EX-605, EX-636: what could not be started has nothing to keep, and is tried again with what is given now.
manifest: |
  arguments: {parameters: [{name: size, value: many}]}
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: b, template: ok, depends: a, withSequence: {count: "{{workflow.parameters.size}}"}}
---
00:00  begin -> start demo.a
00:01  demo.a exits 0 -> workflow Error
00:02  retry with size=1 -> start demo.b(0:0)
00:03  demo.b(0:0) exits 0 -> workflow Succeeded
