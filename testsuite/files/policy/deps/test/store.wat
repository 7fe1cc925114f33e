(component
  (import "wasi:filesystem/types@0.2.0" (instance $types
    (export "descriptor" (type $descriptor (sub resource)))
    (type $error-code (enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock" "quota" "exist"
      "file-too-large" "illegal-byte-sequence" "in-progress" "interrupted" "invalid" "io" "is-directory" "loop"
      "too-many-links" "message-size" "name-too-long" "no-device" "no-entry" "no-lock" "insufficient-memory"
      "insufficient-space" "not-directory" "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device"
      "overflow" "not-permitted" "pipe" "read-only" "invalid-seek" "text-file-busy" "cross-device"))
    (export "error-code" (type $error (eq $error-code)))
    (export "[method]descriptor.sync" (func (param "self" (borrow $descriptor)) (result (result (error $error)))))))
  (alias export $types "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
    (alias outer 1 $descriptor (type $descriptor))
    (export "descriptor" (type $exported (eq $descriptor)))
    (export "get-directories" (func (result (list (tuple (own $exported) string)))))))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
  (core instance $memory (instantiate $memory))
  (core func $get (canon lower (func $preopens "get-directories")
    (memory $memory "memory") (realloc (func $memory "realloc"))))
  (core func $sync (canon lower (func $types "[method]descriptor.sync") (memory $memory "memory")))
  (core func $drop (canon resource.drop $descriptor))
  (core module $m
    (import "" "get" (func $get (param i32)))
    (import "" "sync" (func $sync (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "count") (result i32)
      (call $get (i32.const 0))
      (call $sync (i32.const 1) (i32.const 0))
      (call $drop (i32.const 1))
      i32.const 7))
  (core instance $i (instantiate $m (with "" (instance
    (export "get" (func $get)) (export "sync" (func $sync)) (export "drop" (func $drop))))))
  (func $count (result u32) (canon lift (core func $i "count")))
  (instance $exports (export "count" (func $count)))
  (export "test:parts/store" (instance $exports)))
