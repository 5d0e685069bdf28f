# EX-066, EX-280: while a run is held the time of a suspension in it goes by, and ends it when the run goes on.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: w, template: wait}
      - {name: x, template: ok, depends: w}
  - {name: wait, suspend: {duration: 10s}}
---
00:00  begin            -> demo.w Running, demo.w waits 10s
00:05  suspend          -> nothing
00:30  timer            -> demo.w Running, no demo.x
00:40  resume name=none -> demo.w Running, no demo.x
00:50  resume           -> demo.w Succeeded, start demo.x
00:51  demo.x exits 0   -> workflow Succeeded
