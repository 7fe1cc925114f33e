/* The least a program can do: write and exit, no libc, no stack, one page of code. */
.globl _start
.text
_start:
#if defined(__x86_64__)
    mov $1, %eax
    mov $1, %edi
    lea text(%rip), %rsi
    mov $14, %edx
    syscall
    mov $60, %eax
    xor %edi, %edi
    syscall
#elif defined(__aarch64__)
    mov x0, #1
    adr x1, text
    mov x2, #14
    mov x8, #64
    svc #0
    mov x0, #0
    mov x8, #93
    svc #0
#endif
text:
    .ascii "Hello, world!\n"
/* No executable stack. */
.section .note.GNU-stack,"",%progbits
