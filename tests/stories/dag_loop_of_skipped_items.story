# EX-572, EX-165, EX-159: a group of which every expansion was skipped has succeeded.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, withItems: [1, 2], when: "{{item}} > 5"}
      - {name: s, template: ok, depends: a.Skipped}
      - {name: b, template: ok, depends: a.Succeeded}
---
---
workflow  Succeeded
demo      DAG        Succeeded
demo.a    TaskGroup  Succeeded
demo.a(0:1)  Skipped  Skipped  when '1 > 5' evaluated false
demo.a(1:2)  Skipped  Skipped  when '2 > 5' evaluated false
demo.b    Pod        Succeeded
demo.s    Skipped    Omitted  omitted: depends condition not met
