;; A callee that is inlined into a caller of another memory: each access keeps its own memory's base.
;; emit: asm -O2 --target x86_64-linux
;; emit: asm -O2 --target aarch64-linux
;; only: __nanocc_main
(component
  (component $callee
    (core module $m
      (memory 1)
      (func (export "swap") (param i32) (result i32)
        (local $old i32)
        (local.set $old (i32.load offset=64 (i32.const 0)))
        (i32.store offset=64 (i32.const 0) (local.get 0))
        (local.get $old)))
    (core instance $i (instantiate $m))
    (func (export "swap") (param "x" u32) (result u32) (canon lift (core func $i "swap"))))
  (instance $callee (instantiate $callee))
  (component $program
    (import "swap" (func $callee-swap (param "x" u32) (result u32)))
    (core func $swap (canon lower (func $callee-swap)))
    (core module $main
      (import "" "swap" (func $swap (param i32) (result i32)))
      (memory 1)
      (func $main (export "run") (result i32)
        (i32.store offset=64 (i32.const 0) (call $swap (i32.load offset=64 (i32.const 0))))
        (i32.load offset=64 (i32.const 0))))
    (core instance $main (instantiate $main (with "" (instance (export "swap" (func $swap))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
  (instance $program (instantiate $program
    (with "swap" (func $callee "swap"))))
  (export "wasi:cli/run@0.2.0" (instance $program "wasi:cli/run@0.2.0")))

;; === asm -O2 --target x86_64-linux
;; __nanocc_main:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   jmp     label1
;; block1:
;;   movl $0x10000000, %esi
;;   movl 0x40(%rsi), %esi
;;   jmp     label2
;; block2:
;;   jmp     label3
;; block3:
;;   load_ext_name userextname3+0, %rdi
;;   movl 0x40(%rdi), %eax
;;   movl %esi, 0x40(%rdi)
;;   jmp     label4
;; block4:
;;   jmp     label5
;; block5:
;;   jmp     label6
;; block6:
;;   movl $0x10000000, %r11d
;;   movl %eax, 0x40(%r11)
;;   jmp     label7
;; block7:
;;   jmp     label8
;; block8:
;;   cmpl $0x1, %eax
;;   jnbe #trap=user14
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; === asm -O2 --target aarch64-linux
;; __nanocc_main:
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;; block0:
;;   b label1
;; block1:
;;   load_ext_name_near x4, User(userextname1)+0
;;   ldr w5, [x4, #64]
;;   b label2
;; block2:
;;   b label3
;; block3:
;;   load_ext_name_far x6, User(userextname4)+0
;;   ldr w0, [x6, #64]
;;   str w5, [x6, #64]
;;   b label4
;; block4:
;;   b label5
;; block5:
;;   b label6
;; block6:
;;   str w0, [x4, #64]
;;   b label7
;; block7:
;;   b label8
;; block8:
;;   subs wzr, w0, #1
;;   b.hi #trap=user14
;;   ldp fp, lr, [sp], #16
;;   ret
;;
