# EX-219, EX-218: the message says whether it may pass.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 3, retryPolicy: OnTransientError}
    container: {image: any}
---
00:00  begin                                        -> start demo(0)
00:01  demo(0) errors read tcp 1.2.3.4: i/o timeout  -> start demo(1)
00:02  demo(1) errors no such thing                 -> demo Error "no such thing"
