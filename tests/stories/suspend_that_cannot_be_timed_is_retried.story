# EX-280, EX-220: with a policy that retries errors, another attempt is made of a suspend template.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 1, retryPolicy: Always}
    suspend: {duration: "{{=retries == '0' ? 'soon' : '2s'}}"}
---
00:00  begin  -> demo(1) waits 2s
00:02  timer  -> workflow Succeeded
---
demo     Retry    Succeeded
demo(0)  Suspend  Error  unable to parse soon as a duration: time: invalid duration "soon"
demo(1)  Suspend  Succeeded
