# EX-221, EX-598, OB-006: limit 0 is one attempt; a limit may be a text with a tag.
manifest: |
  templates:
  - name: main
    inputs: {parameters: [{name: count, value: "0"}]}
    retryStrategy: {limit: "{{inputs.parameters.count}}"}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:01  demo(0) exits 1  -> demo Failed "No more retries left"
