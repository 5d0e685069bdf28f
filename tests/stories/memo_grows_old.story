# EX-334: an entry older than maxAge is none.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: r}], [{name: w, template: ok}], [{name: b, template: r}]]
  - name: r
    memoize: {key: k, maxAge: 10s, cache: {configMap: {name: c}}}
    container: {image: any}
---
00:00  begin              -> start demo[0].a
00:01  demo[0].a exits 0  -> start demo[1].w
00:30  demo[1].w exits 0  -> start demo[2].b
00:31  demo[2].b exits 0  -> workflow Succeeded
