# OB-521, EX-335, OB-503: a suspension is never remembered.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: w}], [{name: b, template: w}]]
  - {name: w, memoize: {key: k, maxAge: 1h, cache: {configMap: {name: c}}}, suspend: {}}
---
00:00  begin                 -> demo[0].a Running
00:01  resume displayName=a  -> demo[0].a Succeeded, demo[1].b Running
