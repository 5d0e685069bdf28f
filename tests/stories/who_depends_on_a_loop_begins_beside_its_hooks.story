# EX-250: that a loop, a retried task, steps or a dag has ended is found when those who depend on it are judged, before the hooks
# that this calls for; only who lacks something else then waits for them, too. One that never starts leads on likewise.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, withItems: [1], onExit: ok}
      - {name: other, template: ok}
      - {name: both, template: ok, depends: a && other}
      - {name: only, template: ok, depends: a}
      - {name: s, template: inner, hooks: {done: {template: ok, expression: 'tasks.s.status == "Succeeded"'}}}
      - {name: after-s, template: ok, depends: s}
      - {name: e, template: inner, hooks: {exit: {template: ok}, done: {template: ok, expression: 'tasks.e.status == "Succeeded"'}}}
      - {name: after-e, template: ok, depends: e}
      - {name: w, template: ok, when: "false", hooks: {skip: {template: ok, expression: 'tasks.w.status == "Skipped"'}}}
      - {name: after-w, template: ok, depends: w}
  - name: inner
    steps: [[{name: x, template: ok}]]
---
00:00  begin                      -> demo.w Skipped, start demo.after-w, start demo.w.hooks.skip, ...
00:01  demo.a(0:1) exits 0        -> start demo.a(0:1).onExit
00:02  demo.a(0:1).onExit exits 0 -> start demo.only, start demo.a.onExit
00:03  demo.other exits 0         -> nothing
00:04  demo.a.onExit exits 0      -> start demo.both
00:05  demo.s[0].x exits 0        -> demo.s Succeeded, start demo.after-s, start demo.s.hooks.done
00:06  demo.e[0].x exits 0        -> demo.e Succeeded, start demo.e.onExit, start demo.e.hooks.done
00:07  demo.e.onExit exits 0      -> nothing
00:08  demo.e.hooks.done exits 0  -> start demo.after-e
---
demo.w  Skipped  Skipped  when 'false' evaluated false | children: demo.after-w; demo.w.hooks.skip
...
