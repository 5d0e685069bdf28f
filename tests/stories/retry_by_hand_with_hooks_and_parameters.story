# EX-307, EX-250: with other parameters all of a group starts over, and the next group waits for hooks that start over, too.
manifest: |
  arguments: {parameters: [{name: k, value: "1"}]}
  templates:
  - name: main
    steps:
    - [{name: z, template: ok}, {name: h, template: ok, hooks: {exit: {template: ok}}}]
    - [{name: last, template: ok}]
---
00:00  begin                      -> start demo[0].z, start demo[0].h
00:01  demo[0].z exits 1          -> nothing
00:02  demo[0].h exits 0          -> start demo[0].h.onExit
00:03  demo[0].h.onExit exits 1   -> workflow Failed
01:00  retry with k=0             -> start demo[0].z, start demo[0].h, no demo[0].h.onExit
01:01  demo[0].z exits 0          -> no demo[1]
01:02  demo[0].h exits 0          -> start demo[0].h.onExit, no demo[1]
01:03  demo[0].h.onExit exits 0   -> start demo[1].last
01:04  demo[1].last exits 0       -> workflow Succeeded
