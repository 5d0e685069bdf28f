# PA-080: what a dag gives itself is exported by the dag around it, when that succeeds; nobody is around the entrypoint.
manifest: |
  templates:
  - name: main
    dag:
      tasks: [{name: a, template: inner}]
    outputs: {parameters: [{name: o, globalName: outer, valueFrom: {parameter: "{{tasks.a.outputs.parameters.o}}"}}]}
  - name: inner
    dag: {tasks: [{name: a, template: give}]}
    outputs: {parameters: [{name: o, globalName: inner, valueFrom: {parameter: "{{tasks.a.outputs.parameters.p}}"}}]}
  - name: give
    container: {image: cast, args: ["p.p=x"]}
    outputs: {parameters: [{name: p, valueFrom: {path: /tmp/p}}]}
---
---
workflow  Succeeded | outputs: inner=x
...
