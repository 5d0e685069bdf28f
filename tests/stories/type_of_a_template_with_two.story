# OB-240: where several types are given and nobody judged, the first of Argo's list counts.
manifest: |
  templates:
  - name: main
    suspend: {}
    container: {image: cast}
---
00:00  begin -> start demo
---
demo  Pod  Pending
...
