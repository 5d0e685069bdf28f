# EX-115, EX-134, EX-166, EX-381: a container without a command whose image nobody knows cannot be made a pod: its group ends before
# the next step is made. A patch may bring the command, which is found out when the pod is made.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: single, template: by-container}
      - {name: tagged, template: by-tag}
      - {name: beside, template: by-sidecar}
      - {name: member, template: by-member}
      - {name: named, template: named}
  - {name: by-container, steps: [[{name: a, template: bare}, {name: b, template: ok}]]}
  - {name: by-tag, steps: [[{name: a, template: of-image, arguments: {parameters: [{name: image, value: unknown}]}}, {name: b, template: ok}]]}
  - {name: by-sidecar, steps: [[{name: a, template: with-sidecar}, {name: b, template: ok}]]}
  - {name: by-member, steps: [[{name: a, template: set}, {name: b, template: ok}]]}
  - {name: bare, container: {image: unknown, args: [exit=0]}}
  - name: of-image
    inputs: {parameters: [{name: image}]}
    script: {image: "{{inputs.parameters.image}}", source: work}
  - {name: with-sidecar, container: {image: any}, sidecars: [{name: s, image: unknown}]}
  - {name: set, containerSet: {containers: [{name: main, image: any}, {name: other, image: unknown}]}}
  - {name: named, container: {image: unknown, command: [work]}}
---
00:00  begin  -> start demo.named, workflow Running
00:01  demo.named exits 0  -> workflow Failed
---
demo.beside[0]    StepGroup  Error  step group deemed errored due to child demo.beside[0].a error: failed to look-up entrypoint/cmd for image "unknown", you must either explicitly specify the command, or list the image's command in an image map (`--image-map FILE`) | children: demo.beside[0].a
demo.beside[0].a  Pod        Error  failed to look-up entrypoint/cmd for image "unknown", you must either explicitly specify the command, or list the image's command in an image map (`--image-map FILE`)
demo.member[0]    StepGroup  Error  step group deemed errored due to child demo.member[0].a error: failed to look-up entrypoint/cmd for image "unknown", you must either explicitly specify the command, or list the image's command in an image map (`--image-map FILE`) | children: demo.member[0].a
demo.member[0].a  Pod        Error  failed to look-up entrypoint/cmd for image "unknown", you must either explicitly specify the command, or list the image's command in an image map (`--image-map FILE`)
demo.single[0]    StepGroup  Error  step group deemed errored due to child demo.single[0].a error: failed to look-up entrypoint/cmd for image "unknown", you must either explicitly specify the command, or list the image's command in an image map (`--image-map FILE`) | children: demo.single[0].a
demo.single[0].a  Pod        Error  failed to look-up entrypoint/cmd for image "unknown", you must either explicitly specify the command, or list the image's command in an image map (`--image-map FILE`)
demo.tagged[0]    StepGroup  Error  step group deemed errored due to child demo.tagged[0].a error: failed to look-up entrypoint/cmd for image "unknown", you must either explicitly specify the command, or list the image's command in an image map (`--image-map FILE`) | children: demo.tagged[0].a
demo.tagged[0].a  Pod        Error  failed to look-up entrypoint/cmd for image "unknown", you must either explicitly specify the command, or list the image's command in an image map (`--image-map FILE`) | inputs: image=unknown
demo.named        Pod        Succeeded
...
