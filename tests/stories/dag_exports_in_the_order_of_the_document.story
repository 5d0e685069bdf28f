# PA-080, PA-081, EX-175: a dag that succeeds exports the outputs of all its tasks once more, in the order in which they are written down:
# the last of them counts, whenever it ran.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: second, depends: first, template: give}, {name: first, template: give}]}
  - name: give
    container: {image: any}
    outputs: {parameters: [{name: p, globalName: g, valueFrom: {path: /tmp/p}}]}
---
00:00  begin                       -> start demo.first
00:01  demo.first exits 0 (p.p=1)  -> start demo.second
00:02  demo.second exits 0 (p.p=2) -> workflow Succeeded
---
workflow  Succeeded | outputs: g=1
...
