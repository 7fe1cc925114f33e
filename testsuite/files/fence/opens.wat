;; emit: fence --dir-ro /srv::/
;;
;; A program that was granted a directory, which it opens files in.
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

  (import "wasi:filesystem/types@0.2.0" (instance $filesystem
    (export "descriptor" (type $descriptor (sub resource)))
    (type $path-flags-def (flags "symlink-follow"))
    (export "path-flags" (type $path-flags (eq $path-flags-def)))
    (type $open-flags-def (flags "create" "directory" "exclusive" "truncate"))
    (export "open-flags" (type $open-flags (eq $open-flags-def)))
    (type $descriptor-flags-def (flags "read" "write" "file-integrity-sync" "data-integrity-sync"
      "requested-write-sync" "mutate-directory"))
    (export "descriptor-flags" (type $descriptor-flags (eq $descriptor-flags-def)))
    (type $error-code-def (enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock" "quota" "exist" "file-too-large" "illegal-byte-sequence" "in-progress" "interrupted" "invalid" "io" "is-directory" "loop" "too-many-links" "message-size" "name-too-long" "no-device" "no-entry" "no-lock" "insufficient-memory" "insufficient-space" "not-directory" "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device" "overflow" "not-permitted" "pipe" "read-only" "invalid-seek" "text-file-busy" "cross-device"))
    (export "error-code" (type $error-code (eq $error-code-def)))
    (export "[method]descriptor.open-at" (func
      (param "self" (borrow $descriptor)) (param "path-flags" $path-flags) (param "path" string)
      (param "open-flags" $open-flags) (param "flags" $descriptor-flags)
      (result (result (own $descriptor) (error $error-code)))))
  ))
  (alias export $filesystem "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
    (alias outer 1 $descriptor (type $descriptor-outer))
    (export "descriptor" (type $descriptor (eq $descriptor-outer)))
    (export "get-directories" (func (result (list (tuple (own $descriptor) string)))))
  ))

  (core module $memory-module
    (memory (export "memory") 1)
    (data (i32.const 16) "Hello, world!\n")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  )
  (core instance $memory (instantiate $memory-module))
  (alias core export $memory "memory" (core memory $mem))

  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower
    (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory $mem)
  ))
  (core func $get-directories (canon lower (func $preopens "get-directories")
    (memory $mem) (realloc (func $memory "realloc"))))
  (core func $open (canon lower (func $filesystem "[method]descriptor.open-at") (memory $mem)))
  (core func $drop-stream (canon resource.drop $output-stream))
  (core func $drop-error (canon resource.drop $error))

  (core module $main-module
    (import "host" "get-stdout" (func $get-stdout (result i32)))
    (import "host" "write" (func $write (param $stream i32) (param $bytes i32) (param $length i32) (param $result i32)))
    (import "host" "drop-stream" (func $drop-stream (param i32)))
    (import "host" "drop-error" (func $drop-error (param i32)))
    (import "host" "get-directories" (func $get-directories (param i32)))
    (import "host" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (import "memory" "memory" (memory 1))
    (func $run (export "run") (result i32)
      (local $stream i32)
      (local.set $stream (call $get-stdout))
      (if (i32.eqz (local.get $stream))
        (then
          (call $get-directories (i32.const 64))
          (call $open (i32.load (i32.load (i32.const 64))) (i32.const 0) (i32.const 16) (i32.const 14)
            (i32.const 0) (i32.const 1) (i32.const 72))))
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
      (export "get-directories" (func $get-directories))
      (export "open" (func $open))
      (export "drop-error" (func $drop-error))
    ))
  ))

  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $run-interface (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run-interface))
)

;; === fence --dir-ro /srv::/
;; system calls:
;;     1  write: argument 0 = 0x1 or 0x2
;;     3  close: argument 0 >= 0x3
;;     5  fstat
;;     9  mmap: argument 2 = 0x3, argument 3 & 0xffefffef = 0x4022
;;    11  munmap
;;    16  ioctl: argument 1 = 0x541b
;;    72  fcntl: argument 1 = 0x408
;;   138  fstatfs
;;   231  exit_group
;;   257  openat: argument 2 & 0xa0000 = 0xa0000
;;   267  readlinkat
;;   271  ppoll: argument 3 = 0x0
;;   437  openat2: argument 3 = 0x18
;;
;; filter:
;;     0  load architecture
;;     1  if == 0xc000003e go to 2, else 58
;;     2  load number
;;     3  if >= 0x101 go to 21, else 4
;;     4  if >= 0x8a go to 18, else 5
;;     5  if >= 0x48 go to 17, else 6
;;     6  if >= 0x11 go to 58, else 7
;;     7  if >= 0x9 go to 13, else 8
;;     8  if >= 0x4 go to 12, else 9
;;     9  if >= 0x2 go to 11, else 10
;;    10  if >= 0x1 go to 54, else 58
;;    11  if >= 0x3 go to 52, else 58
;;    12  if == 0x5 go to 57, else 58
;;    13  if >= 0xc go to 16, else 14
;;    14  if >= 0xa go to 15, else 43
;;    15  if >= 0xb go to 57, else 58
;;    16  if >= 0x10 go to 41, else 58
;;    17  if >= 0x49 go to 58, else 39
;;    18  if >= 0xe7 go to 20, else 19
;;    19  if >= 0x8b go to 58, else 57
;;    20  if >= 0xe8 go to 58, else 57
;;    21  if >= 0x1b5 go to 27, else 22
;;    22  if >= 0x110 go to 58, else 23
;;    23  if >= 0x10b go to 25, else 24
;;    24  if >= 0x102 go to 58, else 36
;;    25  if >= 0x10c go to 26, else 57
;;    26  if >= 0x10f go to 32, else 58
;;    27  if >= 0x1b6 go to 58, else 28
;;    28  load argument 3 high
;;    29  if == 0x0 go to 30, else 58
;;    30  load argument 3 low
;;    31  if == 0x18 go to 57, else 58
;;    32  load argument 3 high
;;    33  if == 0x0 go to 34, else 58
;;    34  load argument 3 low
;;    35  if == 0x0 go to 57, else 58
;;    36  load argument 2 low
;;    37  and 0xa0000
;;    38  if == 0xa0000 go to 57, else 58
;;    39  load argument 1 low
;;    40  if == 0x408 go to 57, else 58
;;    41  load argument 1 low
;;    42  if == 0x541b go to 57, else 58
;;    43  load argument 2 high
;;    44  if == 0x0 go to 45, else 58
;;    45  load argument 2 low
;;    46  if == 0x3 go to 47, else 58
;;    47  load argument 3 high
;;    48  if == 0x0 go to 49, else 58
;;    49  load argument 3 low
;;    50  and 0xffefffef
;;    51  if == 0x4022 go to 57, else 58
;;    52  load argument 0 low
;;    53  if >= 0x3 go to 57, else 58
;;    54  load argument 0 low
;;    55  if == 0x1 go to 57, else 56
;;    56  if == 0x2 go to 57, else 58
;;    57  allow
;;    58  kill
;; files and ports: the granted directories and TCP ports
