# EX-032, EX-337: a retried step that was remembered has no attempts, and leads nobody on.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: memo}], [{name: b, template: memo}], [{name: c, template: ok}], [{name: d, template: memo}]]
  - name: memo
    memoize: {key: k, cache: {configMap: {name: c1}}}
    retryStrategy: {limit: 2}
    outputs: {parameters: [{name: p, valueFrom: {path: /tmp/p}}]}
    container: {image: cast, args: [p.p=z]}
---
00:00  begin -> ...
00:00  play  -> ..., workflow Succeeded
---
demo[1].b  Retry  Succeeded | children: | memo: hit=true key=k cache=c1
demo       Steps  Succeeded | outbound:
...
