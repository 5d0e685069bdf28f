# EX-289, EX-287: what runs in a container set when it is stopped says what its pod says.
manifest: |
  templates:
  - name: main
    containerSet:
      containers:
      - {name: a, image: cast}
      - {name: main, image: cast, dependencies: [a]}
---
00:00  begin             -> start demo
00:01  demo runs         -> demo Running
00:02  stop              -> stop demo
00:03  demo exits 143    -> workflow Failed
---
demo       Pod        Failed  workflow shutdown with strategy:  Stop
demo.a     Container  Failed  workflow shutdown with strategy:  Stop
demo.main  Container  Failed  workflow shutdown with strategy:  Stop
