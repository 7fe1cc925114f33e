#!/bin/bash
# Runs tests on other kernels, in a machine that qemu makes: what `runtime-shim/FENCES.md` says in the columns that this
# machine's kernel isn't, and that programs run on old kernels at all.
#
#   testsuite/kernels/run.sh KERNEL...    each a kernel's image (`vmlinuz-...`)
#   testsuite/kernels/run.sh -t fence,escape KERNEL...    these test programs (of testsuite/tests; else `fence`)
#   testsuite/kernels/run.sh -f FILTER KERNEL...    only the tests whose names hold FILTER
#
# Needs qemu-system-x86_64 (a processor made by software will do, with 2 GiB), cpio, and a busybox that is linked statically. Kernels come from
# distributions' packages: of Debian's linux-image-*-cloud-amd64 or Ubuntu's linux-image-unsigned-*-generic nothing is needed but the file in boot/,
# since an initramfs is the whole system. It is made of the test programs and nanocc, as built here (NANOCC, or target/release/nanocc: unoptimised it takes
# an hour), the libraries that they load, and the components that the tests compile, under the same paths. Programs are compiled with -O0
# where the test doesn't say how: a processor made by software spends most of its time compiling.
#
# Landlock has to be built in; what a kernel's own list of security modules says of it doesn't matter, as it is given one here. Status 0 if no
# test failed on any. A test that is left out there, for want of an emulator or a program, says so.
set -euo pipefail
export LC_ALL=C

repository=$(cd "$(dirname "$0")/../.." && pwd)
filter= tests=fence
while getopts f:t: option; do
    case $option in
        f) filter=$OPTARG ;;
        t) tests=${OPTARG//,/ } ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { sed -n 's/^# \{0,1\}//;2,7p' "$0" >&2; exit 2; }
for needed in qemu-system-x86_64 cpio busybox; do
    command -v "$needed" > /dev/null || { echo "kernels: no $needed here" >&2; exit 2; }
done
cd "$repository"
target=${CARGO_TARGET_DIR:-$repository/target}
nanocc=${NANOCC:-$target/release/nanocc}
[ -x "$nanocc" ] || { echo "kernels: no $nanocc: cargo build --release --workspace --bin nanocc" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc} "$root/target/release/deps" "$root$repository"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in sh mount ip uname cat poweroff kill; do ln -s busybox "$root/bin/$name"; done

# A program with the libraries that it loads.
bring() {
    install -m 755 "$1" "$2"
    { ldd "$1" 2> /dev/null || true; } | { grep -o '/[^ ]*' || true; } | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
}
bring "$nanocc" "$root/bin/nanocc"
# Programs that the tests start. Another program to execute is one that doesn't look at what it was called by.
for name in true env unshare; do bring "$(type -P "$name")" "$root/bin/$name"; done
cat > "$root/bin/compile" << 'COMPILE'
#!/bin/sh
for word; do
    case $word in -O?) exec /bin/nanocc "$@" ;; esac
done
exec /bin/nanocc "$@" -O0
COMPILE
chmod +x "$root/bin/compile"
for test in $tests; do
    # Another package may have tests of the same name.
    program=$(cargo test --quiet --workspace --test "$test" --no-run --message-format=json |
        grep -F "\"manifest_path\":\"$repository/testsuite/Cargo.toml\"" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
    bring "$program" "$root/target/release/deps/$test"
    strip "$root/target/release/deps/$test"
done
find Cargo.toml runtime-shim/FENCES.md examples testsuite/guests testsuite/files -name target -prune -o -type f -print |
    cpio -p -d --quiet "$root$repository"
echo "127.0.0.1 localhost" > "$root/etc/hosts"
cat > "$root/init" << 'INIT'
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t securityfs security /sys/kernel/security
ip link set lo up
echo "kernel $(uname -r), security modules $(cat /sys/kernel/security/lsm)"
. /settings
failed=0
for test in $tests; do
    echo "$test:"
    NANOCC=/bin/compile "/target/release/deps/$test" --test-threads=1 --color=never "$filter" < /dev/null 2>&1 || failed=1
done
echo "status $failed"
poweroff -f
INIT
chmod +x "$root/init"
printf 'tests=%q\nfilter=%q\n' "$tests" "$filter" > "$root/settings"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) > "$work/initramfs"

failed=0
for kernel; do
    echo "== $kernel"
    # Without cmpxchg16b, of which qemu 7.2 gets the flags wrong: kernels since 6.4 then fault where they allocate memory.
    timeout 7200 qemu-system-x86_64 -accel tcg -cpu max,-cx16 -m 2048 -display none -serial stdio -no-reboot -nic none \
        -kernel "$kernel" -initrd "$work/initramfs" \
        -append "console=ttyS0 quiet panic=-1 lsm=landlock,yama" < /dev/null 2>&1 | sed -u 's,\r$,,' | tee "$work/said" || true
    grep -q '^status 0$' "$work/said" || failed=1
done
exit $failed
