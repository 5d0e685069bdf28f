# EX-281: nothing supplied and no default: the end of the duration is an Error.
manifest: |
  templates:
  - name: main
    suspend: {duration: 3s}
    outputs: {parameters: [{name: go, valueFrom: {supplied: {}}}]}
---
00:00  begin  -> demo waits 3s
00:03  timer  -> workflow Error
---
workflow  Error  error in entry template execution: raw output parameter 'go' has not been set and does not have a default value
demo      Suspend  Error  raw output parameter 'go' has not been set and does not have a default value
