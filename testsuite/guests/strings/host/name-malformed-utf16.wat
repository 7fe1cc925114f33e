;; Half a pair at the end.
(component
  (import "wasi:sockets/network@0.2.0" (instance $network
    (export "network" (type (sub resource)))
    (type $code-def (enum
      "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout" "concurrency-conflict"
      "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use"
      "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted" "datagram-too-large"
      "name-unresolvable" "temporary-resolver-failure" "permanent-resolver-failure"))
    (export "error-code" (type (eq $code-def)))
  ))
  (alias export $network "network" (type $network-type))
  (alias export $network "error-code" (type $code))
  (import "wasi:sockets/instance-network@0.2.0" (instance $given
    (alias outer 1 $network-type (type $network-outer))
    (export "network" (type $network (eq $network-outer)))
    (export "instance-network" (func (result (own $network))))
  ))
  (import "wasi:sockets/ip-name-lookup@0.2.0" (instance $lookup
    (alias outer 1 $network-type (type $network-outer))
    (export "network" (type $network (eq $network-outer)))
    (alias outer 1 $code (type $code-outer))
    (export "error-code" (type $code (eq $code-outer)))
    (export "resolve-address-stream" (type $stream (sub resource)))
    (export "resolve-addresses" (func (param "network" (borrow $network)) (param "name" string)
      (result (result (own $stream) (error $code)))))
  ))
  (core module $memory
    (memory (export "memory") 1)
    (data (i32.const 16) "g\00r\00\fc\00\df\00e\00<\d8"))
  (core instance $memory (instantiate $memory))
  (core func $given (canon lower (func $given "instance-network")))
  (core func $resolve (canon lower (func $lookup "resolve-addresses") (memory $memory "memory") string-encoding=utf16))
  (core module $program
    (import "host" "given" (func $given (result i32)))
    (import "host" "resolve" (func $resolve (param i32 i32 i32 i32)))
    (import "memory" "memory" (memory 1))
    (func (export "run") (result i32)
      (call $resolve (call $given) (i32.const 16) (i32.const 6) (i32.const 8))
      ;; An error: access-denied.
      (i32.or (i32.ne (i32.load8_u (i32.const 8)) (i32.const 1)) (i32.ne (i32.load8_u (i32.const 12)) (i32.const 1)))
    )
  )
  (core instance $program (instantiate $program
    (with "memory" (instance $memory))
    (with "host" (instance (export "given" (func $given)) (export "resolve" (func $resolve))))
  ))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)
