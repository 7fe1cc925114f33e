(component
  (import "wasi:sockets/network@0.2.0" (instance $network
    (export "network" (type (sub resource)))
    (type $error-code (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
      "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit"
      "address-not-bindable" "address-in-use" "remote-unreachable" "connection-refused" "connection-reset"
      "connection-aborted" "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
      "permanent-resolver-failure"))
    (export "error-code" (type (eq $error-code)))
    (type $family (enum "ipv4" "ipv6"))
    (export "ip-address-family" (type (eq $family)))))
  (alias export $network "network" (type $network-type))
  (alias export $network "error-code" (type $error-code))
  (alias export $network "ip-address-family" (type $family))
  (import "wasi:sockets/tcp@0.2.0" (instance $tcp
    (export "tcp-socket" (type $socket (sub resource)))
    (export "[method]tcp-socket.is-listening" (func (param "self" (borrow $socket)) (result bool)))))
  (alias export $tcp "tcp-socket" (type $socket))
  (import "wasi:sockets/instance-network@0.2.0" (instance $instance
    (alias outer 1 $network-type (type $network))
    (export "network" (type $exported (eq $network)))
    (export "instance-network" (func (result (own $exported))))))
  (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $create
    (alias outer 1 $socket (type $socket))
    (alias outer 1 $error-code (type $error-code))
    (alias outer 1 $family (type $family))
    (export "tcp-socket" (type $exported (eq $socket)))
    (export "error-code" (type $error (eq $error-code)))
    (export "ip-address-family" (type $ip (eq $family)))
    (export "create-tcp-socket" (func (param "address-family" $ip)
      (result (result (own $exported) (error $error)))))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $network (canon lower (func $instance "instance-network")))
  (core func $create (canon lower (func $create "create-tcp-socket") (memory $memory "memory")))
  (core func $listening (canon lower (func $tcp "[method]tcp-socket.is-listening")))
  (core func $drop (canon resource.drop $socket))
  (core module $m
    (import "" "network" (func $network (result i32)))
    (import "" "create" (func $create (param i32 i32)))
    (import "" "listening" (func $listening (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "serve") (result i32)
      (drop (call $network))
      (call $create (i32.const 0) (i32.const 0))
      (drop (call $listening (i32.const 2)))
      (call $drop (i32.const 2))
      i32.const 7))
  (core instance $i (instantiate $m (with "" (instance
    (export "network" (func $network)) (export "create" (func $create))
    (export "listening" (func $listening)) (export "drop" (func $drop))))))
  (func $serve (result u32) (canon lift (core func $i "serve")))
  (instance $exports (export "serve" (func $serve)))
  (export "test:parts/api" (instance $exports)))
