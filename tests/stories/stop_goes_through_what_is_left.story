# EX-174, EX-326, EX-289, EX-156: who stops a dag has it looked through once more. What depends on what was stopped is left out or has
# failed before it began, and a limit holds none of it back; the dag has failed, whatever its tasks have come to.
manifest: |
  templates:
  - name: main
    parallelism: 1
    dag:
      tasks:
      - {name: ask, template: wait}
      - {name: next, template: ok, depends: ask}
      - {name: last, template: ok, depends: next}
      - {name: mend, template: ok, depends: ask.Failed}
      - {name: work, template: ok}
      - {name: wish, template: ok}
      - {name: then, template: ok, depends: work}
      - {name: thus, template: sub, depends: work.Failed}
  - {name: wait, suspend: {}}
  - {name: sub, steps: [[{name: x, template: ok}]]}
---
00:00  begin                -> start demo.work, no demo.wish
00:01  stop                 -> stop demo.work, demo.next Omitted, demo.mend Failed, demo.wish Failed, demo Running
00:02  demo.work exits 143  -> workflow Failed "Stopped with strategy 'Stop'"
---
demo            DAG        Failed
demo.ask        Suspend    Failed   Stopped with strategy 'Stop'
demo.work       Pod        Failed   workflow shutdown with strategy:  Stop | children: demo.then; demo.thus
demo.next       Skipped    Omitted  omitted: depends condition not met
demo.last       Skipped    Omitted  omitted: depends condition not met
demo.mend       Pod        Failed   workflow shutdown with strategy: Stop
demo.wish       Pod        Failed   workflow shutdown with strategy: Stop
demo.then       Skipped    Omitted  omitted: depends condition not met
demo.thus       Steps      Failed   child '{demo.thus[0].x}' failed
demo.thus[0].x  Pod        Failed   workflow shutdown with strategy: Stop
...
