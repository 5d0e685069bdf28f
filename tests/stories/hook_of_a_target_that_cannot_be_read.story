# EX-251: at a target of a dag a hook that cannot be run is an error of the dag, too, which tells it.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: ok, hooks: {odd: {template: ok}}}]}
---
00:00  begin           -> start demo.a
00:01  demo.a exits 0  -> workflow Error "Expression required for hook demo.a.hooks.odd"
---
demo    DAG  Error  Expression required for hook demo.a.hooks.odd
demo.a  Pod  Error  Expression required for hook demo.a.hooks.odd
