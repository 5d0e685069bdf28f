# PA-184: `subPath` is joined to the key of what is passed.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: make}
      - {name: b, template: use, depends: a, arguments: {artifacts: [{name: x, from: "{{tasks.a.outputs.artifacts.o}}", subPath: "in/{{workflow.name}}"}]}}
  - name: make
    outputs: {artifacts: [{name: o, path: /o}]}
    container: {image: cast, args: ["a.o=folder/o"]}
  - name: use
    inputs: {artifacts: [{name: x, path: /x}]}
    container: {image: cast}
---
00:00  begin -> start demo.a
00:01  demo.a exits 0 a.o=folder/o -> start demo.b
---
demo.b  Pod  Pending | artifacts: x folder/o/in/demo
...
