;; A call of a socket's method by somebody who can't have a socket.
(component
  (import "wasi:sockets/network@0.2.0" (instance $network
    (export "network" (type (sub resource)))
    (type $error-code-def (enum
      "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout" "concurrency-conflict"
      "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable"
      "address-in-use" "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted"
      "datagram-too-large" "name-unresolvable" "temporary-resolver-failure" "permanent-resolver-failure"))
    (export "error-code" (type (eq $error-code-def)))
    (type $family-def (enum "ipv4" "ipv6"))
    (export "ip-address-family" (type (eq $family-def)))
  ))
  (alias export $network "network" (type $network-handle))
  (alias export $network "error-code" (type $error-code))
  (alias export $network "ip-address-family" (type $family))
  (import "wasi:sockets/tcp@0.2.0" (instance $tcp
    (export "tcp-socket" (type $tcp-socket (sub resource)))
    (alias outer 1 $error-code (type $error-code-outer))
    (export "error-code" (type $error-code (eq $error-code-outer)))
    (export "[method]tcp-socket.finish-bind" (func
      (param "self" (borrow $tcp-socket)) (result (result (error $error-code)))))
  ))
  (alias export $tcp "tcp-socket" (type $tcp-socket))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $bind (canon lower (func $tcp "[method]tcp-socket.finish-bind") (memory $memory "memory")))
  (core module $program
    (import "" "bind" (func $bind (param i32 i32)))
    (func $bind_nothing (export "run") (result i32)
      (call $bind (i32.const 1) (i32.const 0))
      (i32.const 0)))
  (core instance $program (instantiate $program (with "" (instance (export "bind" (func $bind))))))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (component $interface
    (import "run" (func $run (result (result))))
    (export "run" (func $run)))
  (instance $interface (instantiate $interface (with "run" (func $run))))
  (export "wasi:cli/run@0.2.0" (instance $interface)))
