;; A component that nobody granted the network: what it is told, as a letter an answer. `a` is an error code 0,
;; `b` is 1, access-denied, and so on; `!` is success.
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
  (import "wasi:sockets/instance-network@0.2.0" (instance $instance-network
    (alias outer 1 $network-handle (type $network-outer))
    (export "network" (type $network (eq $network-outer)))
    (export "instance-network" (func (result (own $network))))
  ))
  (import "wasi:sockets/tcp@0.2.0" (instance $tcp
    (export "tcp-socket" (type $tcp-socket (sub resource)))
    (alias outer 1 $error-code (type $error-code-outer))
    (export "error-code" (type $error-code (eq $error-code-outer)))
    (export "[method]tcp-socket.finish-bind" (func
      (param "self" (borrow $tcp-socket)) (result (result (error $error-code)))))
  ))
  (alias export $tcp "tcp-socket" (type $tcp-socket))
  (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $tcp-create
    (alias outer 1 $error-code (type $error-code-outer))
    (export "error-code" (type $error-code (eq $error-code-outer)))
    (alias outer 1 $family (type $family-outer))
    (export "ip-address-family" (type $family (eq $family-outer)))
    (alias outer 1 $tcp-socket (type $tcp-socket-outer))
    (export "tcp-socket" (type $tcp-socket (eq $tcp-socket-outer)))
    (export "create-tcp-socket" (func
      (param "address-family" $family) (result (result (own $tcp-socket) (error $error-code)))))
  ))
  (import "wasi:sockets/udp@0.2.0" (instance $udp
    (export "udp-socket" (type (sub resource)))
  ))
  (alias export $udp "udp-socket" (type $udp-socket))
  (import "wasi:sockets/udp-create-socket@0.2.0" (instance $udp-create
    (alias outer 1 $error-code (type $error-code-outer))
    (export "error-code" (type $error-code (eq $error-code-outer)))
    (alias outer 1 $family (type $family-outer))
    (export "ip-address-family" (type $family (eq $family-outer)))
    (alias outer 1 $udp-socket (type $udp-socket-outer))
    (export "udp-socket" (type $udp-socket (eq $udp-socket-outer)))
    (export "create-udp-socket" (func
      (param "address-family" $family) (result (result (own $udp-socket) (error $error-code)))))
  ))
  (import "wasi:sockets/ip-name-lookup@0.2.0" (instance $lookup
    (export "resolve-address-stream" (type $stream (sub resource)))
    (alias outer 1 $network-handle (type $network-outer))
    (export "network" (type $network (eq $network-outer)))
    (alias outer 1 $error-code (type $error-code-outer))
    (export "error-code" (type $error-code (eq $error-code-outer)))
    (export "resolve-addresses" (func
      (param "network" (borrow $network)) (param "name" string)
      (result (result (own $stream) (error $error-code)))))
  ))
  (import "wasi:io/error@0.2.0" (instance $io-error
    (export "error" (type (sub resource)))
  ))
  (alias export $io-error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer 1 $error (type $error-outer))
    (export "error" (type $error (eq $error-outer)))
    (type $stream-error-def (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-def)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream)) (param "contents" (list u8))
      (result (result (error $stream-error)))))
  ))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $output-stream-outer))
    (export "output-stream" (type $output-stream (eq $output-stream-outer)))
    (export "get-stdout" (func (result (own $output-stream))))
  ))

  (core module $memory
    (memory (export "memory") 1)
    (data (i32.const 32) "example.com"))
  (core instance $memory (instantiate $memory))
  (core func $get-network (canon lower (func $instance-network "instance-network")))
  (core func $drop-network (canon resource.drop $network-handle))
  (core func $tcp (canon lower (func $tcp-create "create-tcp-socket") (memory $memory "memory")))
  (core func $udp (canon lower (func $udp-create "create-udp-socket") (memory $memory "memory")))
  (core func $resolve (canon lower (func $lookup "resolve-addresses") (memory $memory "memory")))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower
    (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory "memory")))

  (core module $program
    (import "" "memory" (memory 1))
    (import "" "get-network" (func $get_network (result i32)))
    (import "" "drop-network" (func $drop_network (param i32)))
    (import "" "tcp" (func $tcp (param i32 i32)))
    (import "" "udp" (func $udp (param i32 i32)))
    (import "" "resolve" (func $resolve (param i32 i32 i32 i32)))
    (import "" "get-stdout" (func $get_stdout (result i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (global $end (mut i32) (i32.const 64))
    (func $say (param $letter i32)
      (i32.store8 (global.get $end) (local.get $letter))
      (global.set $end (i32.add (global.get $end) (i32.const 1))))
    ;; The result at 0: its discriminant, and at 4 the error code or the handle.
    (func $answer
      (call $say (if (result i32) (i32.load8_u (i32.const 0))
        (then (i32.add (i32.const 97) (i32.load8_u (i32.const 4))))
        (else (i32.const 33)))))
    (func (export "run") (result i32) (local $network i32)
      (call $tcp (i32.const 0) (i32.const 0)) (call $answer)
      (call $tcp (i32.const 1) (i32.const 0)) (call $answer)
      (call $udp (i32.const 0) (i32.const 0)) (call $answer)
      (call $udp (i32.const 1) (i32.const 0)) (call $answer)
      ;; A network can be had, more than once, and dropped.
      (call $drop_network (call $get_network))
      (local.set $network (call $get_network))
      (call $resolve (local.get $network) (i32.const 32) (i32.const 11) (i32.const 0)) (call $answer)
      (call $drop_network (local.get $network))
      (call $say (i32.const 10))
      (call $write (call $get_stdout)
        (i32.const 64) (i32.sub (global.get $end) (i32.const 64)) (i32.const 0))
      (i32.load8_u (i32.const 0))))
  (core instance $program (instantiate $program (with "" (instance
    (export "memory" (memory $memory "memory"))
    (export "get-network" (func $get-network))
    (export "drop-network" (func $drop-network))
    (export "tcp" (func $tcp))
    (export "udp" (func $udp))
    (export "resolve" (func $resolve))
    (export "get-stdout" (func $get-stdout))
    (export "write" (func $write))))))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (component $interface
    (import "run" (func $run (result (result))))
    (export "run" (func $run)))
  (instance $interface (instantiate $interface (with "run" (func $run))))
  (export "wasi:cli/run@0.2.0" (instance $interface)))
