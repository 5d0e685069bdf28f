# EX-546, EX-547, EX-551, EX-552: the same in a dag, with a loop, a hook and a set of containers.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: leaf, withItems: [1, 2]}
  - {name: leaf, container: {image: cast}}
---
---
workflow   Succeeded
demo       DAG        Succeeded
demo.a     TaskGroup  Succeeded | id: demo-1280837131
demo.a(0:1)  Pod      Succeeded | id: demo-527306605 | pod: demo-leaf-527306605
demo.a(1:2)  Pod      Succeeded
