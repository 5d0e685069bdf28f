# EX-245, EX-168: an exit hook that cannot be run breaks the group of its step, in its own words; in a dag it changes nothing. What is
# omitted after that group lies on the branch of the step itself, which has succeeded.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: x, template: in}, {name: z, template: ok, depends: x.Failed}, {name: v, template: ok, depends: x}, {name: w, template: ok, onExit: bad}]}
  - {name: in, steps: [[{name: a, template: ok, onExit: bad}], [{name: c, template: ok}]]}
  - {name: bad, memoize: {key: "a.b", cache: {configMap: {name: c}}}, container: {image: any}}
---
00:00  begin                -> start demo.w, start demo.x[0].a
00:01  demo.x[0].a exits 0  -> start demo.z, demo.x Failed
00:02  demo.z exits 0       -> demo Running
00:03  demo.w exits 0       -> workflow Succeeded
---
demo.x[0]           StepGroup  Error    invalid cache key: a.b
demo.x[0].a         Pod        Succeeded
demo.x[0].a.onExit  Skipped    Error    invalid cache key: a.b
demo.w              Pod        Succeeded
demo.w.onExit       Skipped    Error    invalid cache key: a.b
demo.v              Skipped    Omitted  omitted: depends condition not met
...
