# EX-131, EX-247: hooks are looked at after a step was entered: they come after its first children.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: st, template: steps, hooks: {run: {template: ok, expression: 'steps["st"].status == "Running"'}}}
      - {name: da, template: dag, hooks: {run: {template: ok, expression: 'steps["da"].status == "Running"'}}}
  - name: steps
    steps: [[{name: x, template: ok}]]
  - name: dag
    dag:
      tasks:
      - {name: e, template: ok}
      - {name: l, template: ok, withItems: [1, 2], hooks: {run: {template: ok, expression: 'tasks.l.status == "Running"'}}}
---
00:00  begin -> start demo[0].st[0].x, start demo[0].da.e, start demo[0].da.l(0:1), start demo[0].da.l(1:2), start demo[0].da.l.hooks.run, start demo[0].da.hooks.run, start demo[0].st.hooks.run
---
demo[0].st         Steps      Running | children: demo[0].st[0]; demo[0].st.hooks.run
demo[0].da         DAG        Running | children: demo[0].da.e; demo[0].da.l; demo[0].da.hooks.run
demo[0].da.l       TaskGroup  Running | children: demo[0].da.l(0:1); demo[0].da.l(1:2); demo[0].da.l.hooks.run
...
