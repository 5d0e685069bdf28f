# EX-032: all children of a loop's group lead on, its hooks, too; one that failed leads its phase to what never ran (EX-168).
# A hook that only the group's end calls for comes too late for those who depend on it.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - name: a
        template: ok
        withItems: [1, 2]
        hooks:
          run: {template: ok, expression: 'tasks.a.status == "Running"'}
          done: {template: ok, expression: 'tasks.a.status == "Succeeded"'}
      - {name: b, template: ok, depends: a, when: "false"}
---
00:00  begin                      -> start demo.a(0:1), start demo.a(1:2), start demo.a.hooks.run
00:01  demo.a.hooks.run exits 1   -> demo.a Running
00:02  demo.a(0:1) exits 0        -> demo.a Running
00:03  demo.a(1:2) exits 0        -> start demo.a.hooks.done
00:04  demo.a.hooks.done exits 0  -> demo.b Skipped, workflow Failed
---
demo               DAG        Failed | children: demo.a
demo.a             TaskGroup  Succeeded | children: demo.a(0:1); demo.a(1:2); demo.a.hooks.run; demo.a.hooks.done
demo.a(0:1)        Pod        Succeeded | children: demo.b
demo.a(1:2)        Pod        Succeeded | children: demo.b
demo.a.hooks.run   Pod        Failed  main: Error (exit code 1) | children: demo.b
demo.a.hooks.done  Pod        Succeeded | children:
...
