;; emit: fence
;; emit: fence --target aarch64-linux
;; emit: fence --no-seccomp
;;
;; A program that writes to standard output and ends: what the kernel is told, on both machines.
(component
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
    (func $run (export "run") (result i32)
      (local $stream i32)
      (local.set $stream (call $get-stdout))
      (call $write (local.get $stream) (i32.const 16) (i32.const 14) (i32.const 0))
      (call $drop-stream (local.get $stream))
      (if (i32.eqz (i32.load8_u (i32.const 0)))
        (then (return (i32.const 0))))
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

;; === fence
;; system calls:
;;     1  write: argument 0 = 0x1 or 0x2
;;     5  fstat
;;     9  mmap: argument 2 = 0x3, argument 3 & 0xffefffef = 0x4022
;;    11  munmap
;;    16  ioctl: argument 1 = 0x541b
;;    72  fcntl: argument 1 = 0x408
;;   231  exit_group
;;   271  ppoll: argument 3 = 0x0
;;
;; filter:
;;     0  load architecture
;;     1  if == 0xc000003e go to 2, else 38
;;     2  load number
;;     3  if >= 0x10f go to 16, else 4
;;     4  if >= 0x49 go to 15, else 5
;;     5  if >= 0x11 go to 14, else 6
;;     6  if >= 0x9 go to 10, else 7
;;     7  if >= 0x5 go to 9, else 8
;;     8  if == 0x1 go to 34, else 38
;;     9  if >= 0x6 go to 38, else 37
;;    10  if >= 0xc go to 13, else 11
;;    11  if >= 0xa go to 12, else 25
;;    12  if >= 0xb go to 37, else 38
;;    13  if >= 0x10 go to 23, else 38
;;    14  if >= 0x48 go to 21, else 38
;;    15  if == 0xe7 go to 37, else 38
;;    16  if >= 0x110 go to 38, else 17
;;    17  load argument 3 high
;;    18  if == 0x0 go to 19, else 38
;;    19  load argument 3 low
;;    20  if == 0x0 go to 37, else 38
;;    21  load argument 1 low
;;    22  if == 0x408 go to 37, else 38
;;    23  load argument 1 low
;;    24  if == 0x541b go to 37, else 38
;;    25  load argument 2 high
;;    26  if == 0x0 go to 27, else 38
;;    27  load argument 2 low
;;    28  if == 0x3 go to 29, else 38
;;    29  load argument 3 high
;;    30  if == 0x0 go to 31, else 38
;;    31  load argument 3 low
;;    32  and 0xffefffef
;;    33  if == 0x4022 go to 37, else 38
;;    34  load argument 0 low
;;    35  if == 0x1 go to 37, else 36
;;    36  if == 0x2 go to 37, else 38
;;    37  allow
;;    38  kill
;; files and ports: nothing: the program reaches neither
;; === fence --target aarch64-linux
;; system calls:
;;    25  fcntl: argument 1 = 0x408
;;    29  ioctl: argument 1 = 0x541b
;;    64  write: argument 0 = 0x1 or 0x2
;;    73  ppoll: argument 3 = 0x0
;;    80  fstat
;;    94  exit_group
;;   215  munmap
;;   222  mmap: argument 2 = 0x3, argument 3 & 0xffefffef = 0x4022
;;
;; filter:
;;     0  load architecture
;;     1  if == 0xc00000b7 go to 2, else 40
;;     2  load number
;;     3  if >= 0xdf go to 40, else 4
;;     4  if >= 0x5f go to 16, else 5
;;     5  if >= 0x40 go to 10, else 6
;;     6  if >= 0x1e go to 40, else 7
;;     7  if >= 0x19 go to 8, else 40
;;     8  if >= 0x1a go to 9, else 37
;;     9  if >= 0x1d go to 35, else 40
;;    10  if >= 0x50 go to 14, else 11
;;    11  if >= 0x49 go to 13, else 12
;;    12  if >= 0x41 go to 40, else 32
;;    13  if >= 0x4a go to 40, else 28
;;    14  if >= 0x51 go to 15, else 39
;;    15  if >= 0x5e go to 39, else 40
;;    16  if >= 0xd7 go to 17, else 40
;;    17  if >= 0xd8 go to 18, else 39
;;    18  if >= 0xde go to 19, else 40
;;    19  load argument 2 high
;;    20  if == 0x0 go to 21, else 40
;;    21  load argument 2 low
;;    22  if == 0x3 go to 23, else 40
;;    23  load argument 3 high
;;    24  if == 0x0 go to 25, else 40
;;    25  load argument 3 low
;;    26  and 0xffefffef
;;    27  if == 0x4022 go to 39, else 40
;;    28  load argument 3 high
;;    29  if == 0x0 go to 30, else 40
;;    30  load argument 3 low
;;    31  if == 0x0 go to 39, else 40
;;    32  load argument 0 low
;;    33  if == 0x1 go to 39, else 34
;;    34  if == 0x2 go to 39, else 40
;;    35  load argument 1 low
;;    36  if == 0x541b go to 39, else 40
;;    37  load argument 1 low
;;    38  if == 0x408 go to 39, else 40
;;    39  allow
;;    40  kill
;; files and ports: nothing: the program reaches neither
;; === fence --no-seccomp
;; system calls: not restricted
;; files and ports: not restricted
