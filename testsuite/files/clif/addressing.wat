;; Each form in which a guest reaches memory: the least work that is safe.
;; emit: clif -O2
;; emit: asm -O2 --target x86_64-linux
;; emit: asm -O2 --target aarch64-linux
;; only: at_
(component
  (core module $m
    (memory $first 1)
    (memory $second 1 1)
    (func $at_index (export "a") (param i32) (result i32) (i32.load (local.get 0)))
    (func $at_index_and_offset (export "b") (param i32) (result i64) (i64.load offset=1000 (local.get 0)))
    (func $at_far_offset (export "c") (param i32) (result f64) (f64.load offset=0x90000000 (local.get 0)))
    (func $at_constant (export "d") (result i32) (i32.load8_u (i32.const 100)))
    (func $at_index_of_second (export "e") (param i32 i32)
      (i32.store $second offset=8 (local.get 0) (local.get 1)))
    (func $at_end (export "f") (param i32) (result i32) (i32.load16_s offset=0xffffffff (local.get 0)))
    ;; Referred to by a table, so that each stays a function of its own.
    (table funcref (elem $at_index $at_index_and_offset $at_far_offset $at_constant $at_index_of_second
      $at_end))
    (func (export "run") (result i32)
      (if (result i32) (i32.load (i32.const 4)) (then
        (drop (call_indirect (param i32) (result i64) (i32.const 0) (i32.load (i32.const 8))))
        (drop (call_indirect (param i32) (result f64) (i32.const 0) (i32.load (i32.const 8))))
        (call_indirect (param i32 i32) (i32.const 0) (i32.const 0) (i32.load (i32.const 8)))
        (drop (call_indirect (result i32) (i32.load (i32.const 8))))
        (call_indirect (param i32) (result i32) (i32.const 0) (i32.load (i32.const 8))))
      (else (i32.const 0)))))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

;; === clif -O2
;; ; /at_index#0
;; function u0:0(i32) -> i32 fast {
;;     region0 = 1024 "memory"
;;
;;                                 block0(v0: i32):
;; @0004                               v2 = uextend.i64 v0
;; @0004                               v3 = load.i32 user2 little region0 v2+0x1000_0000
;; @0007                               jump block1(v3)
;;
;;                                 block1(v1: i32):
;; @0007                               return v1
;; }
;;
;; ; /at_index_and_offset#1
;; function u0:1(i32) -> i64 fast {
;;     region0 = 1024 "memory"
;;
;;                                 block0(v0: i32):
;; @000b                               v2 = uextend.i64 v0
;; @000b                               v3 = load.i64 user2 little region0 v2+0x1000_03e8
;; @000f                               jump block1(v3)
;;
;;                                 block1(v1: i64):
;; @000f                               return v1
;; }
;;
;; ; /at_far_offset#2
;; function u0:2(i32) -> f64 fast {
;;     region0 = 1024 "memory"
;;
;;                                 block0(v0: i32):
;; @0013                               v2 = uextend.i64 v0
;; @0013                               v3 = iconst.i64 0x9000_0008
;; @0013                               v4 = iadd v2, v3  ; v3 = 0x9000_0008
;; @0013                               v5 = iconst.i64 0x0001_0000
;; @0013                               v6 = icmp ugt v4, v5  ; v5 = 0x0001_0000
;; @0013                               trapnz v6, user2
;; @0013                               v7 = iconst.i64 0x1000_0000
;; @0013                               v8 = iadd v7, v2  ; v7 = 0x1000_0000
;; @0013                               v9 = iconst.i64 0x9000_0000
;; @0013                               v10 = iadd v8, v9  ; v9 = 0x9000_0000
;; @0013                               v11 = load.f64 user2 little region0 v10
;; @001a                               jump block1(v11)
;;
;;                                 block1(v1: f64):
;; @001a                               return v1
;; }
;;
;; ; /at_constant#3
;; function u0:3() -> i32 fast {
;;     region0 = 1024 "memory"
;;
;;                                 block0:
;; @001c                               v1 = iconst.i32 100
;; @001f                               v2 = iconst.i64 0x1000_0000
;; @001f                               v3 = uload8.i32 notrap little region0 v2+100  ; v2 = 0x1000_0000
;; @0022                               jump block1(v3)
;;
;;                                 block1(v0: i32):
;; @0022                               return v0
;; }
;;
;; ; /at_index_of_second#4
;; ;   userextname0 = memory1
;; function u0:4(i32, i32) fast {
;;     region0 = 1025 "memory"
;;     sig0 = () system_v
;;     fn0 = u2:1 sig0
;;
;;                                 block0(v0: i32, v1: i32):
;; @0028                               v2 = uextend.i64 v0
;; @0028                               v3 = func_addr.i64 fn0
;; @0028                               v4 = iadd v3, v2
;; @0028                               store user2 little region0 v1, v4+8
;; @002c                               jump block1
;;
;;                                 block1:
;; @002c                               return
;; }
;;
;; ; /at_end#5
;; function u0:5(i32) -> i32 fast {
;;     region0 = 1024 "memory"
;;
;;                                 block0(v0: i32):
;; @0030                               v2 = uextend.i64 v0
;; @0030                               v3 = iconst.i64 0x0001_0000_0001
;; @0030                               v4 = iadd v2, v3  ; v3 = 0x0001_0000_0001
;; @0030                               v5 = iconst.i64 0x0001_0000
;; @0030                               v6 = icmp ugt v4, v5  ; v5 = 0x0001_0000
;; @0030                               trapnz v6, user2
;; @0030                               v7 = iconst.i64 0x1000_0000
;; @0030                               v8 = iadd v7, v2  ; v7 = 0x1000_0000
;; @0030                               v9 = iconst.i64 0xffff_ffff
;; @0030                               v10 = iadd v8, v9  ; v9 = 0xffff_ffff
;; @0030                               v11 = sload16.i32 user2 little region0 v10
;; @0037                               jump block1(v11)
;;
;;                                 block1(v1: i32):
;; @0037                               return v1
;; }
;;
;; === asm -O2 --target x86_64-linux
;; /at_index#0:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movl 0x10000000(%rsi), %eax
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; /at_index_and_offset#1:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movq 0x100003e8(%rsi), %rax
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; /at_far_offset#2:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movl $0x90000008, %edi
;;   leaq (%rsi, %rdi), %rdi
;;   cmpq $0x10000, %rdi
;;   jnbe #trap=user2
;;   movl $0xa0000000, %r8d
;;   movsd (%rsi, %r8), %xmm0
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; /at_constant#3:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x10000000, %ecx
;;   movzbq 0x64(%rcx), %rax
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; /at_index_of_second#4:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rdi, %r8
;;   load_ext_name userextname0+0, %rdi
;;   movl %r8d, %r8d
;;   movl %esi, 8(%rdi, %r8)
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; /at_end#5:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movabsq $0x100000001, %rdi
;;   leaq (%rsi, %rdi), %rdi
;;   cmpq $0x10000, %rdi
;;   jnbe #trap=user2
;;   movabsq $0x10fffffff, %r8
;;   movswq (%rsi, %r8), %rax
;;   jmp     label1
;; block1:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; === asm -O2 --target aarch64-linux
;; /at_index#0:
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;; block0:
;;   load_ext_name_near x3, User(userextname0)+0
;;   ldr w0, [x3, w0, UXTW]
;;   b label1
;; block1:
;;   ldp fp, lr, [sp], #16
;;   ret
;;
;; /at_index_and_offset#1:
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;; block0:
;;   load_ext_name_near x4, User(userextname0)+0
;;   add x4, x4, x0, UXTW
;;   ldr x0, [x4, #1000]
;;   b label1
;; block1:
;;   ldp fp, lr, [sp], #16
;;   ret
;;
;; /at_far_offset#2:
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;; block0:
;;   movz w8, #8
;;   movk w8, w8, #36864, LSL #16
;;   add x8, x8, x0, UXTW
;;   subs xzr, x8, #65536
;;   b.hi #trap=user2
;;   load_ext_name_near x10, User(userextname0)+0
;;   add x10, x10, x0, UXTW
;;   movz x11, #36864, LSL #16
;;   ldr d0, [x10, x11]
;;   b label1
;; block1:
;;   ldp fp, lr, [sp], #16
;;   ret
;;
;; /at_constant#3:
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;; block0:
;;   load_ext_name_near x1, User(userextname0)+0
;;   ldrb w0, [x1, #100]
;;   b label1
;; block1:
;;   ldp fp, lr, [sp], #16
;;   ret
;;
;; /at_index_of_second#4:
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;; block0:
;;   load_ext_name_far x4, User(userextname0)+0
;;   add x4, x4, x0, UXTW
;;   str w1, [x4, #8]
;;   b label1
;; block1:
;;   ldp fp, lr, [sp], #16
;;   ret
;;
;; /at_end#5:
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;; block0:
;;   orr x7, xzr, #4294967297
;;   add x7, x7, x0, UXTW
;;   subs xzr, x7, #65536
;;   b.hi #trap=user2
;;   load_ext_name_near x9, User(userextname0)+0
;;   add x9, x9, x0, UXTW
;;   orr x10, xzr, #4294967295
;;   ldrsh x0, [x9, x10]
;;   b label1
;; block1:
;;   ldp fp, lr, [sp], #16
;;   ret
;;
