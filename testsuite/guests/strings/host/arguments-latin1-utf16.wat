;; The program's arguments in latin1+utf16: their lengths and bytes, printed.
(component
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-arguments" (func (result (list string))))))
  (import "wasi:io/error@0.2.0" (instance $io-error (export "error" (type (sub resource)))))
  (alias export $io-error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer 1 $error (type $error-outer))
    (export "error" (type $error (eq $error-outer)))
    (type $stream-error-def (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-def)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error $stream-error)))))
  ))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $output-stream-outer))
    (export "output-stream" (type $output-stream (eq $output-stream-outer)))
    (export "get-stdout" (func (result (own $output-stream))))
  ))

  (core module $memory
    (memory (export "memory") 16)
      ;; Goes up from an odd address, takes along what is in the block, and checks what it is given: only the last block
      ;; is ever given back, with the size that it was asked for.
      (global $next (mut i32) (i32.const 262145))
      (global $last (mut i32) (i32.const 0))
      (global $last_size (mut i32) (i32.const 0))
      (func $realloc (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
        (local $at i32)
        (if (i32.or
              (i32.ne (local.get $old) (select (global.get $last) (i32.const 0) (local.get $old)))
              (i32.ne (local.get $old_size) (select (global.get $last_size) (i32.const 0) (local.get $old))))
          (then (unreachable)))
        (local.set $at (i32.and
          (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
        (global.set $next (i32.add (local.get $at) (local.get $size)))
        (memory.copy (local.get $at) (local.get $old)
          (select (local.get $old_size) (local.get $size) (i32.lt_u (local.get $old_size) (local.get $size))))
        (global.set $last (local.get $at))
        (global.set $last_size (local.get $size))
        (local.get $at)
      )
      (func $reset (global.set $next (i32.const 262145)) (global.set $last (i32.const 0)))
  )
  (core instance $memory (instantiate $memory))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory "memory")))
  (core func $get (canon lower (func $environment "get-arguments")
    (memory $memory "memory") (realloc (func $memory "realloc")) string-encoding=latin1+utf16))

  (core module $program
    (import "host" "get-stdout" (func $get-stdout (result i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (import "host" "get" (func $get (param i32)))
    (import "memory" "memory" (memory 16))
    (func (export "run") (result i32)
      (local $stream i32) (local $entry i32) (local $left i32) (local $length i32)
      (local.set $stream (call $get-stdout))
      (call $get (i32.const 8))
      ;; Without the program's name.
      (local.set $entry (i32.add (i32.load (i32.const 8)) (i32.const 8)))
      (local.set $left (i32.sub (i32.load (i32.const 12)) (i32.const 1)))
      (loop $next
        (local.set $length (i32.load offset=4 (local.get $entry)))
        (call $write (local.get $stream) (i32.add (local.get $entry) (i32.const 4)) (i32.const 4) (i32.const 32))
        (call $write (local.get $stream) (i32.load (local.get $entry)) (select (i32.shl (local.get $length) (i32.const 1)) (local.get $length) (i32.lt_s (local.get $length) (i32.const 0))) (i32.const 32))
        (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program
    (with "memory" (instance $memory))
    (with "host" (instance
      (export "get-stdout" (func $get-stdout))
      (export "write" (func $write))
      (export "get" (func $get))))
  ))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)
