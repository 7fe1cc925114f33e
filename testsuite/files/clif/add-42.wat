;; The north star: a component exports f(x) = x + 42, another calls it with a constant. One constant is
;; left.
;; emit: clif -O2
;; emit: asm -O2 --target x86_64-linux
;; emit: asm -O2 --target aarch64-linux
;; only: __nanocc_main
(component
  (component $callee
    (core module $m (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 42))))
    (core instance $i (instantiate $m))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))
  (instance $callee (instantiate $callee))
  (component $program
    (import "f" (func $callee-f (param "x" u32) (result u32)))
    (core func $f (canon lower (func $callee-f)))
    (core module $main
      (import "" "f" (func $f (param i32) (result i32)))
      (func $main (export "run") (result i32) (i32.ne (call $f (i32.const 5)) (i32.const 47))))
    (core instance $main (instantiate $main (with "" (instance (export "f" (func $f))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
  (instance $program (instantiate $program
    (with "f" (func $callee "f"))))
  (export "wasi:cli/run@0.2.0" (instance $program "wasi:cli/run@0.2.0")))

;; === clif -O2
;; ; __nanocc_main
;; ;   userextname0 = program/main#2
;; ;   userextname1 = program/adapter:callee#f#1
;; ;   userextname2 = callee/func[0]#0
;; function u7:0() -> i32 system_v {
;;     sig0 = () -> i32 fast
;;     sig1 = (i32) -> i32 fast
;;     sig2 = (i32) -> i32 fast
;;     fn0 = colocated u0:2 sig0
;;     fn1 = colocated u0:1 sig1
;;     fn2 = colocated u0:0 sig2
;;
;;                                 block0:
;; @0009                               jump block1
;;
;;                                 block1:
;; @000a                               v8 = iconst.i32 5
;; @000c                               jump block3
;;
;;                                 block3:
;; @0008                               jump block4
;;
;;                                 block4:
;; @0004                               v9 = iconst.i32 42
;; @0006                               v10 = iadd.i32 v8, v9  ; v8 = 5, v9 = 42
;; @0007                               jump block5(v10)
;;
;;                                 block5(v4: i32):
;; @0007                               jump block6(v4)
;;
;;                                 block6(v5: i32):
;; @0008                               jump block7(v5)
;;
;;                                 block7(v6: i32):
;; @000e                               v11 = iconst.i32 47
;; @0010                               v12 = icmp ne v6, v11  ; v11 = 47
;; @0010                               v13 = uextend.i32 v12
;; @0011                               jump block2(v13)
;;
;;                                 block2(v3: i32):
;; @0011                               jump block8(v3)
;;
;;                                 block8(v7: i32):
;;                                     v0 -> v7
;; @0009                               v1 = iconst.i32 1
;; @0009                               v2 = icmp ugt v0, v1  ; v1 = 1
;; @0009                               trapnz v2, user14
;; @0009                               return v0
;; }
;;
;; === asm -O2 --target x86_64-linux
;; __nanocc_main:
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   jmp     label1
;; block1:
;;   jmp     label2
;; block2:
;;   jmp     label3
;; block3:
;;   jmp     label4
;; block4:
;;   jmp     label5
;; block5:
;;   jmp     label6
;; block6:
;;   jmp     label7
;; block7:
;;   jmp     label8
;; block8:
;;   uninit  %rax
;;   xorl %eax, %eax
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
;;   b label2
;; block2:
;;   b label3
;; block3:
;;   b label4
;; block4:
;;   b label5
;; block5:
;;   b label6
;; block6:
;;   b label7
;; block7:
;;   b label8
;; block8:
;;   movz w0, #0
;;   ldp fp, lr, [sp], #16
;;   ret
;;
