# EX-131: hooks are looked at of the steps of a group that were entered; a step that is skipped is none of them. A target of a dag is.
manifest: |
  templates:
  - name: main
    steps: [[{name: s, template: ok, when: "1 == 2", hooks: {h: {template: ok, expression: 'steps["s"].status == "Skipped"'}, odd: {template: ok, expression: "'q'"}}}, {name: d, template: dag}]]
  - name: dag
    dag: {tasks: [{name: t, template: ok, when: "1 == 2", hooks: {h: {template: ok, expression: 'tasks["t"].status == "Skipped"'}}}]}
---
00:00  begin                       -> start demo[0].d.t.hooks.h, no demo[0].s.hooks.h
00:01  demo[0].d.t.hooks.h exits 0 -> workflow Succeeded
