;; The smallest honest `Hello, world!`: a command component written by hand.
;;
;; It imports the part of WASI 0.2 it uses, nothing else: a component's imports need only be a
;; subset of an interface's functions. Its core module calls two of them, and `run` is lifted from it.
(component
  ;; The resources. Both are opened by the host; here they are only handles.
  (import "wasi:io/error@0.2.0" (instance $io-error
    (export "error" (type (sub resource)))
  ))
  (alias export $io-error "error" (type $error))

  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer 1 $error (type $error-outer))
    (export "error" (type $error (eq $error-outer)))
    (type $stream-error-def (variant
      (case "last-operation-failed" (own $error))
      (case "closed")
    ))
    (export "stream-error" (type $stream-error (eq $stream-error-def)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream))
      (param "contents" (list u8))
      (result (result (error $stream-error)))
    ))
  ))
  (alias export $streams "output-stream" (type $output-stream))

  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $output-stream-outer))
    (export "output-stream" (type $output-stream (eq $output-stream-outer)))
    (export "get-stdout" (func (result (own $output-stream))))
  ))

  ;; The memory has a module of its own, because `canon lower` needs it before the code that is
  ;; handed the lowered functions can be instantiated.
  (core module $memory-module
    (memory (export "memory") 1)
    (data (i32.const 16) "Hello, world!\n")
  )
  (core instance $memory (instantiate $memory-module))
  (alias core export $memory "memory" (core memory $mem))

  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower
    (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory $mem)
  ))
  (core func $drop-stream (canon resource.drop $output-stream))
  (core func $drop-error (canon resource.drop $error))

  (core module $main-module
    (import "host" "get-stdout" (func $get-stdout (result i32)))
    (import "host" "write" (func $write (param $stream i32) (param $bytes i32) (param $length i32) (param $result i32)))
    (import "host" "drop-stream" (func $drop-stream (param i32)))
    (import "host" "drop-error" (func $drop-error (param i32)))
    (import "memory" "memory" (memory 1))

    ;; run: func() -> result. The lowered result is 0 for ok, 1 for error.
    ;;
    ;; The write's own result<_, stream-error> is too large for one core value, so it is returned
    ;; in memory, at address 0:
    ;;   0: u8   0 ok, 1 error
    ;;   4: u8   the error's case, 0 last-operation-failed, 1 closed
    ;;   8: i32  the handle that last-operation-failed carries
    (func $run (export "run") (result i32)
      (local $stream i32)
      (local.set $stream (call $get-stdout))
      (call $write (local.get $stream) (i32.const 16) (i32.const 14) (i32.const 0))
      (call $drop-stream (local.get $stream))
      (if (i32.eqz (i32.load8_u (i32.const 0)))
        (then (return (i32.const 0))))
      ;; The error is ours to drop too.
      (if (i32.eqz (i32.load8_u (i32.const 4)))
        (then (call $drop-error (i32.load (i32.const 8)))))
      (i32.const 1)
    )
  )
  (core instance $main (instantiate $main-module
    (with "memory" (instance $memory))
    (with "host" (instance
      (export "get-stdout" (func $get-stdout))
      (export "write" (func $write))
      (export "drop-stream" (func $drop-stream))
      (export "drop-error" (func $drop-error))
    ))
  ))

  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $run-interface (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run-interface))
)
