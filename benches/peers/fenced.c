/* What `floor.S` does, behind the fences of a program of nanocc's: the same seccomp filter, FILTER, and with DIRECTORY
 * the same Landlock rule. No libc. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

static long call(long number, long a, long b, long c, long d, long e) {
#if defined(__x86_64__)
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
#endif
}

__asm__(".section .rodata\n.balign 8\n.globl filter, filter_end\nfilter: .incbin \"" FILTER "\"\nfilter_end:\n.text\n");
extern const struct sock_filter filter[], filter_end[];

#if defined(__x86_64__)
/* The kernel doesn't enter as a call does. */
__attribute__((force_align_arg_pointer))
#endif
__attribute__((noreturn)) void _start(void) {
    long failed = call(SYS_prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0);
#ifdef DIRECTORY
    /* `struct landlock_ruleset_attr` and `struct landlock_path_beneath_attr`. */
    const struct { unsigned long files, network, scopes; } handled = {HANDLED_FILES, HANDLED_NETWORK, HANDLED_SCOPES};
    struct __attribute__((packed)) { unsigned long access; int directory; } beneath = {ACCESS, 0};
    beneath.directory = (int)call(SYS_openat, -100, (long)DIRECTORY, 02000000 | 0200000, 0, 0);
    failed |= call(444, 0, 0, 1, 0, 0) <= 0;
    long rules = call(444, (long)&handled, sizeof handled, 0, 0, 0);
    failed |= call(445, rules, 1, (long)&beneath, 0, 0);
    failed |= call(446, rules, 0, 0, 0, 0);
    failed |= call(SYS_close, rules, 0, 0, 0, 0);
#endif
    const struct sock_fprog program = {(unsigned short)(filter_end - filter), (struct sock_filter *)filter};
    failed |= call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 4 /* SPEC_ALLOW */, (long)&program, 0, 0);
    failed |= call(SYS_write, 1, (long)"Hello, world!\n", 14, 0, 0) != 14;
    call(SYS_exit_group, failed != 0, 0, 0, 0, 0);
    __builtin_unreachable();
}
