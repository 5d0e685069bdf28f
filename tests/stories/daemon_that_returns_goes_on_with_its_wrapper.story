# EX-371, EX-372: the attempt of a retried daemon that was ready and is being started again after an interruption is not over:
# its wrapper goes on, and has the new address when it is ready.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: srv, template: server}
      - {name: z, template: ok}
      - name: cli
        template: echo
        depends: srv.Daemoned && z
        arguments: {parameters: [{name: m, value: "{{tasks.srv.ip}} {{tasks.srv.status}}"}]}
  - name: server
    daemon: true
    retryStrategy: {limit: 3}
    container: {image: any}
---
00:00  begin                             -> start demo.srv(0), start demo.z
00:01  demo.srv(0) runs at 127.9.9.9     -> demo.srv Running
00:02  demo.srv(0) is withdrawn          -> start demo.srv(0), demo.srv(0) Pending, demo.srv Running
00:03  demo.z exits 0                    -> demo.srv Running, no demo.cli
00:04  demo.srv(0) runs at 127.9.9.8     -> start demo.cli
00:05  demo.cli exits 0                  -> stop demo.srv(0), workflow Succeeded
---
demo.cli  Pod  Succeeded | inputs: m=127.9.9.8 Running
...
