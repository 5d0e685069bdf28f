# EX-210: each attempt of a template with steps has nodes of its own below the Retry node.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 1}
    steps: [[{name: a, template: ok}], [{name: b, template: fail}]]
---
---
workflow        Failed  No more retries left
demo            Retry      Failed     No more retries left | children: demo(0); demo(1)
demo(0)         Steps      Failed     child '{demo(0)[1].b}' failed | flags: retried
demo(0)[0].a    Pod        Succeeded
demo(0)[1].b    Pod        Failed     main: Error (exit code 1)
demo(1)         Steps      Failed     child '{demo(1)[1].b}' failed | flags: retried
demo(1)[0].a    Pod        Succeeded
demo(1)[1].b    Pod        Failed     main: Error (exit code 1)
...
