#!/bin/bash
# Runs the tests of the fences on other kernels, in a machine that qemu makes: what `runtime-shim/FENCES.md` says in
# the columns that this machine's kernel isn't.
#
#   testsuite/kernels/run.sh KERNEL...    each a kernel's image (`vmlinuz-...`)
#   testsuite/kernels/run.sh -f FILTER KERNEL...    only the tests whose names hold FILTER
#
# Needs qemu-system-x86_64 (a processor made by software will do, with 1 GiB), cpio, and a busybox that is linked statically. Kernels come from
# distributions' packages: of Debian's linux-image-*-cloud-amd64 or Ubuntu's linux-image-unsigned-*-generic nothing is needed but the file in boot/,
# since an initramfs is the whole system. It is made of the test's program and nanocc, as built here (NANOCC, or target/release/nanocc: unoptimised it takes
# an hour), the libraries that they load, and the components that the tests compile, under the same paths.
#
# Landlock has to be built in; what a kernel's own list of security modules says of it doesn't matter, as it is given one here. Status 0 if no
# test failed on any.
set -euo pipefail
export LC_ALL=C

repository=$(cd "$(dirname "$0")/../.." && pwd)
filter=
if [ "${1:-}" = -f ]; then filter=$2; shift 2; fi
[ $# -gt 0 ] || { sed -n 's/^# \{0,1\}//;2,6p' "$0" >&2; exit 2; }
for needed in qemu-system-x86_64 cpio busybox; do
    command -v "$needed" > /dev/null || { echo "kernels: no $needed here" >&2; exit 2; }
done
cd "$repository"
target=${CARGO_TARGET_DIR:-$repository/target}
nanocc=${NANOCC:-$target/release/nanocc}
[ -x "$nanocc" ] || { echo "kernels: no $nanocc: cargo build --release --workspace --bin nanocc" >&2; exit 2; }
test=$(cargo test --workspace --test fence --no-run 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
case $test in /*) ;; *) test=$repository/$test ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc} "$root/target/release" "$root$repository"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in sh mount ip uname cat poweroff; do ln -s busybox "$root/bin/$name"; done
install -m 755 "$nanocc" "$root/bin/nanocc"
# Another program to execute: one that doesn't look at what it was called by.
cp -L "$(type -P true)" "$root/bin/true"
cp "$test" "$root/target/release/fence"
strip "$root/target/release/fence"
for program in "$nanocc" "$test" "$(type -P true)"; do
    ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
done
for file in Cargo.toml runtime-shim/FENCES.md examples/hello/wat/hello.wat testsuite/guests/fences/deps; do
    mkdir -p "$root$repository/$(dirname "$file")"
    cp -r "$file" "$root$repository/$file"
done
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
NANOCC=/bin/nanocc /target/release/fence --test-threads=1 --color=never "$(cat /filter)" 2>&1
echo "status $?"
poweroff -f
INIT
chmod +x "$root/init"
echo "$filter" > "$root/filter"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) > "$work/initramfs"

failed=0
for kernel; do
    echo "== $kernel"
    # Without cmpxchg16b, of which qemu 7.2 gets the flags wrong: kernels since 6.4 then fault where they allocate memory.
    timeout 3600 qemu-system-x86_64 -accel tcg -cpu max,-cx16 -m 1024 -display none -serial stdio -no-reboot -nic none \
        -kernel "$kernel" -initrd "$work/initramfs" \
        -append "console=ttyS0 quiet panic=-1 lsm=landlock,yama" < /dev/null 2>&1 | sed -u 's,\r$,,' | tee "$work/said" || true
    grep -q '^status 0$' "$work/said" || failed=1
done
exit $failed
