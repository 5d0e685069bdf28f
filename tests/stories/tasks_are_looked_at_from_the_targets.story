# EX-151, EX-031: what can be decided at one moment is, in the order of the walk from the targets: a task that is skipped lets those
# who depend on it go on before the next target's turn comes.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: b, template: ok, when: "1 == 2", dependencies: [a]}
      - {name: c, template: ok, dependencies: [a, b]}
      - {name: d, template: ok, dependencies: [a]}
---
00:00  begin           -> start demo.a
00:01  demo.a exits 0  -> start demo.c, start demo.d
00:02  demo.c exits 0  -> nothing
00:03  demo.d exits 0  -> workflow Succeeded
---
demo.a  Pod  Succeeded | children: demo.b; demo.c; demo.d
...
