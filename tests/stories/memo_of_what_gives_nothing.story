# EX-336, EX-337, EX-335, EX-333, OB-195, OB-231: no outputs are remembered too; with retries the whole step is; steps and dags as well.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: r}]
    - [{name: b, template: r}]
    - [{name: c, template: s}]
    - [{name: d, template: s}]
  - name: r
    memoize: {key: one, maxAge: "", cache: {configMap: {name: c}}}
    retryStrategy: {limit: 1}
    container: {image: cast}
  - name: s
    memoize: {key: two, maxAge: "", cache: {configMap: {name: c}}}
    steps: [[{name: x1, template: ok}]]
---
---
workflow   Succeeded
demo       Steps      Succeeded
demo[0]    StepGroup  Succeeded
demo[0].a  Retry      Succeeded | memo: hit=false key=one cache=c
demo[0].a(0)  Pod     Succeeded
demo[1]    StepGroup  Succeeded
demo[1].b  Retry      Succeeded | memo: hit=true key=one cache=c
demo[2]    StepGroup  Succeeded
demo[2].c  Steps      Succeeded | memo: hit=false key=two cache=c
demo[2].c[0]  StepGroup  Succeeded
demo[2].c[0].x1  Pod  Succeeded
demo[3]    StepGroup  Succeeded
demo[3].d  Steps      Succeeded | memo: hit=true key=two cache=c
