# EX-302, EX-210: who chooses an attempt that others followed gets those anew, too: no two attempts have one name.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 5}
    container: {image: cast}
---
00:00  begin            -> start demo(0)
00:01  demo(0) exits 1  -> start demo(1)
00:02  demo(1) exits 1  -> start demo(2)
00:03  demo(2) exits 0  -> workflow Succeeded
01:00  retry also name=demo(1) -> start demo(1), demo(0) Failed, no demo(2)
01:01  demo(1) exits 0  -> workflow Succeeded
