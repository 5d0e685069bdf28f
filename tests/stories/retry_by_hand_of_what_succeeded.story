# EX-300, EX-301: a chosen node that succeeded runs again, with everything after it.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: ok}]
    - [{name: b, template: ok}]
    - [{name: c, template: ok}]
---
00:00  begin                     -> start demo[0].a
00:01  demo[0].a exits 0         -> start demo[1].b
00:02  demo[1].b exits 0         -> start demo[2].c
00:03  demo[2].c exits 0         -> workflow Succeeded
01:00  retry                     -> workflow Succeeded
01:01  retry also displayName=b  -> start demo[1].b, demo[0].a Succeeded, no demo[2].c
01:02  demo[1].b exits 0         -> start demo[2].c
01:03  demo[2].c exits 0         -> workflow Succeeded
