# EX-001, EX-003, EX-020, EX-022, EX-035: what each ending is called, and what type and name the nodes have. Failed and
# Error both count as failures.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: good, template: ok}
      - {name: bad, template: fail}
      - {name: lost, template: err}
      - {name: over, template: ok, depends: bad.Succeeded}
      - {name: left, template: ok, when: 1 == 2}
      - {name: either, template: inner, depends: "bad.Failed && lost.Errored"}
      - {name: loop, template: ok, withItems: [x]}
  - name: inner
    steps: [[{name: s, template: pause}]]
  - {name: pause, suspend: {}}
---
00:00  begin -> ...
00:01  demo.good exits 0 -> nothing
00:02  demo.bad exits 1 -> nothing
00:03  demo.lost errors it broke -> demo.either[0].s Running
---
workflow            Running
demo                DAG        Running
demo.bad            Pod        Failed     main: Error (exit code 1)
demo.lost           Pod        Error      it broke
demo.good           Pod        Succeeded
demo.left           Skipped    Skipped    when '1 == 2' evaluated false
demo.loop           TaskGroup  Running
demo.loop(0:x)      Pod        Pending
demo.over           Skipped    Omitted    omitted: depends condition not met
demo.either         Steps      Running
demo.either[0]      StepGroup  Running
demo.either[0].s    Suspend    Running
