# EX-333, EX-337: the wrapper is what is looked for; its attempts tell what was not found.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 1}
    memoize: {key: k-1, cache: {configMap: {name: c}}}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:01  demo(0) exits 0  -> workflow Succeeded
---
demo     Retry  Succeeded | memo: hit=false key=k-1 cache=c
demo(0)  Pod    Succeeded | memo: hit=false key=k-1 cache=c
...
