# EX-476: a retry strategy wraps a request like any other template.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 1}
    http: {url: "http://example.org/"}
---
00:00  begin                                                -> start demo(0)
00:01  demo(0) fails received non-2xx response code: 500    -> start demo(1)
00:02  demo(1) fails received non-2xx response code: 500    -> workflow Failed
---
workflow  Failed  No more retries left
demo      Retry   Failed  No more retries left
demo(0)   HTTP    Failed  received non-2xx response code: 500
demo(1)   HTTP    Failed  received non-2xx response code: 500
