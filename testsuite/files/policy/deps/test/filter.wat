(component
  (type $store (instance (export "count" (func (result u32)))))
  (import "test:parts/store" (instance $store (type $store)))
  (type $api (instance (export "serve" (func (result u32)))))
  (import "test:parts/api" (instance $api (type $api)))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $stream))
    (export "output-stream" (type $exported (eq $stream)))
    (export "get-stdout" (func (result (own $exported))))))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (alias outer 1 $output-stream (type $stream))
    (export "output-stream" (type $exported (eq $stream)))
    (export "get-stderr" (func (result (own $exported))))))
  (core func $count (canon lower (func $store "count")))
  (core func $serve (canon lower (func $api "serve")))
  (core func $stdout (canon lower (func $stdout "get-stdout")))
  (core func $stderr (canon lower (func $stderr "get-stderr")))
  (core func $drop (canon resource.drop $output-stream))
  (core module $m
    (import "" "count" (func $count (result i32)))
    (import "" "serve" (func $serve (result i32)))
    (import "" "stdout" (func $stdout (result i32)))
    ;; Imported and never called.
    (import "" "stderr" (func $stderr (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (result i32)
      (call $drop (call $stdout))
      (i32.ne (call $count) (call $serve))))
  (core instance $i (instantiate $m (with "" (instance
    (export "count" (func $count)) (export "serve" (func $serve)) (export "stdout" (func $stdout))
    (export "stderr" (func $stderr)) (export "drop" (func $drop))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
