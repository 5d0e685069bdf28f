# TP-065, TP-094, EX-069: what is over at the first look has a status for hooks and the exit handler, though it had none before.
manifest: |
  onExit: bye
  hooks: {end: {template: ok, expression: workflow.status == "Succeeded"}}
  templates:
  - name: main
    steps: [[{name: a, template: ok, when: "'{{workflow.status}}' != ''"}]]
  - {name: bye, container: {image: any, args: ["<{{workflow.status}}>"]}}
---
00:00  begin                    -> start demo.hooks.end
00:01  demo.hooks.end exits 0   -> start demo.onExit
---
demo[0].a    Skipped  Skipped  when ''' != ''' evaluated false
demo.onExit  Pod      Pending | args: <Succeeded>
...
