# EX-168: a target that never ran has the phase of the bad branch that reaches it first, whatever the order of its dependencies.
manifest: |
  templates:
  - name: main
    dag:
      target: z
      tasks:
      - {name: a, template: ok}
      - {name: e, template: ok, depends: a}
      - {name: f, template: fail}
      - {name: z, template: ok, depends: e && f}
---
00:00  begin               -> start demo.f, start demo.a, ...
00:01  demo.a exits 0      -> start demo.e
00:02  demo.e errors boom  -> demo.e Error
00:03  demo.f exits 1      -> demo.z Omitted, demo Failed, workflow Failed
