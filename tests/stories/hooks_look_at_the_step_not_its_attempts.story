# EX-229, EX-247, EX-248: an attempt that fails is not the step that fails; the step runs meanwhile.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - name: a
        template: try
        hooks:
          run: {template: ok, expression: 'tasks["a"].status == "Running"'}
          fai: {template: ok, expression: 'tasks["a"].status == "Failed"'}
          suc: {template: ok, expression: 'tasks["a"].status == "Succeeded"'}
  - name: try
    retryStrategy: {limit: 1}
    container: {image: any}
---
00:00  begin                    -> start demo.a(0), start demo.a.hooks.run
00:01  demo.a.hooks.run exits 0 -> demo.a.hooks.run Succeeded
00:02  demo.a(0) exits 1        -> start demo.a(1), no demo.a.hooks.fai
00:03  demo.a(1) exits 0        -> demo.a Succeeded, start demo.a.hooks.suc
00:04  demo.a.hooks.suc exits 0 -> workflow Succeeded, no demo.a.hooks.fai
