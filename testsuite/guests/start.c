// Start-up code for guests that are commands, in place of wasi-libc's crt1-command.o.
//
// wasi-libc 0.0~git20220510, which Debian has, leaves the constructors to the linker, and the linker
// then calls them on entry to every export. In a component `cabi_realloc` is an export too: called
// while a host function returns a list, it would run the constructors in the middle of everything.
// The linker leaves them alone where it finds that the program calls them itself, as this does, once.

void __wasm_call_ctors(void);
void __wasm_call_dtors(void);
int __main_void(void);
_Noreturn void __wasi_proc_exit(unsigned status);

__attribute__((export_name("_start"))) void _start(void) {
    __wasm_call_ctors();
    int status = __main_void();
    __wasm_call_dtors();
    if (status != 0) __wasi_proc_exit((unsigned)status);
}

// Rust's standard library asks libc for threads; that wasi-libc, built without them, has no answer.
// A newer one answers as these do: std::thread::Builder::spawn returns an error.
enum { EAGAIN = 6 };
typedef struct { unsigned opaque; } attributes;
typedef unsigned thread;

int pthread_attr_init(attributes *a) { (void)a; return 0; }
int pthread_attr_destroy(attributes *a) { (void)a; return 0; }
int pthread_attr_setstacksize(attributes *a, __SIZE_TYPE__ size) { (void)a; (void)size; return 0; }
int pthread_create(thread *t, const attributes *a, void *(*run)(void *), void *argument) {
    (void)t; (void)a; (void)run; (void)argument;
    return EAGAIN;
}
int pthread_detach(thread t) { (void)t; return 0; }
int pthread_join(thread t, void **result) { (void)t; (void)result; return 0; }
