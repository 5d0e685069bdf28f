# EX-302, EX-636: a retried step that ended while it waited for its lock, and after which another one came, is entered anew when
# its dag goes on: its attempts have their numbers, and the last of them is the last.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: h, template: locked}
      - {name: z, template: tries}
      - {name: w, template: again, depends: z.Failed, hooks: {after: {template: ok, expression: '"odd"'}}}
  - name: locked
    synchronization: {mutexes: [{name: m}]}
    container: {image: cast}
  - {name: again, retryStrategy: {limit: 1}, container: {image: cast}}
  - name: tries
    timeout: 4s
    synchronization: {mutexes: [{name: m}]}
    retryStrategy: {limit: 1}
    container: {image: cast}
---
00:00  begin            -> start demo.h
00:04  timer            -> start demo.w(0)
00:05  demo.w(0) exits 0   -> nothing
00:06  demo.h exits 0   -> workflow Error
01:00  retry            -> start demo.z(0)
01:01  demo.z(0) exits 1 -> start demo.z(1)
01:02  demo.z(1) exits 1 -> start demo.w(0), demo.z Failed
