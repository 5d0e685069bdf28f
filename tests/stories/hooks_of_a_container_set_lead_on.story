# EX-032: every path through a container set leads on, and so do the hooks of its pod.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: set, hooks: {exit: {template: ok}}}], [{name: b, template: set, hooks: {exit: {template: ok}}}]]
  - name: set
    containerSet:
      containers:
      - {name: z, image: any}
      - {name: b, image: any, dependencies: [z]}
      - {name: c, image: any, dependencies: [z]}
      - {name: main, image: any, dependencies: [b, c]}
---
00:00  begin                     -> start demo[0].a
00:01  demo[0].a exits 0         -> start demo[0].a.onExit
00:02  demo[0].a.onExit exits 0  -> start demo[1].b
00:03  demo[1].b exits 0         -> start demo[1].b.onExit
00:04  demo[1].b.onExit exits 0  -> workflow Succeeded
---
demo              Steps      Succeeded | outbound: demo[1].b.main; demo[1].b.main; demo[1].b.onExit
demo[0].a         Pod        Succeeded | children: demo[0].a.z; demo[0].a.onExit
demo[0].a.main    Container  Succeeded | children: demo[1]
demo[0].a.onExit  Pod        Succeeded | children: demo[1]
...
