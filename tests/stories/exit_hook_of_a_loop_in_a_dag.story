# EX-244, EX-631: the exit hook of a loop in a dag runs for each expansion and for the group, with what the task says before it is
# expanded; what depends on the loop is judged when the group ends, and begins beside its hook (EX-250).
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - name: a
        template: out
        withItems: [1, 2]
        arguments: {parameters: [{name: v, value: "{{item}}"}]}
        hooks:
          exit:
            template: echo
            arguments: {parameters: [{name: m, value: "bye {{item}}"}]}
      - {name: b, template: ok, depends: a}
---
00:00  begin                                  -> start demo.a(0:1), start demo.a(1:2)
00:01  demo.a(0:1) exits 0 (p.p=one)          -> start demo.a(0:1).onExit
00:02  demo.a(1:2) exits 0 (p.p=two)          -> start demo.a(1:2).onExit
00:03  demo.a(0:1).onExit exits 0             -> nothing
00:04  demo.a(1:2).onExit exits 0             -> start demo.b, start demo.a.onExit
00:05  demo.a.onExit exits 1                  -> nothing
00:06  demo.b exits 0                         -> workflow Succeeded
---
demo.a(0:1)         Pod  Succeeded | children: demo.a(0:1).onExit; demo.b | inputs: v=1 | outputs: p=one
demo.a              TaskGroup  Succeeded | children: demo.a(0:1); demo.a(1:2); demo.a.onExit
demo.a(0:1).onExit  Pod  Succeeded | inputs: m=bye {{item}}
demo.a(1:2).onExit  Pod  Succeeded | inputs: m=bye {{item}}
demo.a.onExit       Pod  Failed  main: Error (exit code 1) | inputs: m=bye {{item}} | outputs: exitCode=1
demo.b              Pod  Succeeded
...
