#!/bin/bash
# Prepares a Debian machine that has a Rust toolchain for nanocc's tests.
#
#   testsuite/setup.sh [tests]       what the tests use: qemu for aarch64 executables, and a Rust
#                                    toolchain that can build the runtime shim for aarch64
#   testsuite/setup.sh guests        what rebuilding the guest components uses: the same toolchain
#                                    with std for wasm32-wasip2 and wasm32-wasip1, clang with wasi-libc, and wit-bindgen
#                                    for C. Tests don't need it, the components are kept in git
#   testsuite/setup.sh big           what testsuite/big/make.sh uses for SQLite: clang with wasi-libc
#   testsuite/setup.sh aarch64-shim  builds the aarch64 runtime shim, prints the archive's path, e.g.
#                  export NANOCC_SHIM_AARCH64_LINUX=$(testsuite/setup.sh aarch64-shim)
#
# Why a second toolchain: a Rust installation often holds no standard library but the host's own.
# Debian packages one version of rustc, cargo, core for arm64, and the library's sources; they are
# unpacked into a private prefix (/opt/nanocc-guests, or NANOCC_GUESTS), where they can't get in the
# way of the machine's own rustc, with a wrapper around each program: PREFIX/bin/guest-cargo and
# PREFIX/bin/guest-rustc.
#
# Every step looks first whether its result is there, so a second run is quick, needs neither root
# nor network, and changes nothing. Remove the prefix to get a newer version.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

prefix=${NANOCC_GUESTS:-/opt/nanocc-guests}
repository=$(cd "$(dirname "$0")/.." && pwd)
rustlib=$prefix/usr/lib/rustlib
# To be raised when the way the standard library is built changes: it is then built again.
wasm_std_recipe=1

say() { echo "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

scratch=
make_scratch() {
    [ -n "$scratch" ] || scratch=$(mktemp -d)
    chmod 755 "$scratch" # apt downloads as a user of its own
}
trap '[ -z "$scratch" ] || rm -rf "$scratch"' EXIT

# --- Debian packages

lists_are_fresh=
refresh_lists() {
    [ -z "$lists_are_fresh" ] || return 0
    apt-get update -q >&2
    lists_are_fresh=yes
}

# Installs packages; those that are there already, in whatever version, are left alone.
install_packages() {
    local package missing=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] ||
            missing+=("$package")
    done
    [ ${#missing[@]} != 0 ] || return 0
    [ "$(id -u)" = 0 ] || fail "run this as root once: these packages are missing: ${missing[*]}"
    say "installing ${missing[*]}"
    apt-get install -y -q --no-upgrade --no-install-recommends "${missing[@]}" >&2 ||
        { refresh_lists && apt-get install -y -q --no-upgrade --no-install-recommends "${missing[@]}" >&2; }
}

candidate() { apt-cache policy "$1" | sed -n 's/^  Candidate: //p' | grep -v '^(none)$' || true; }

# Unpacks packages of exactly one version into a folder, without installing them.
unpack_packages() { # FOLDER VERSION PACKAGE...
    local folder=$1 version=$2 package
    shift 2
    make_scratch
    rm -rf "$scratch/debs"
    mkdir -m 777 "$scratch/debs"
    (cd "$scratch/debs" && apt-get download -q "${@/%/=$version}" >&2)
    for package in "$scratch"/debs/*.deb; do dpkg -x "$package" "$folder"; done
    rm -rf "$scratch/debs"
}

# --- The second toolchain

toolchain() {
    [ -f "$prefix/version" ] && [ -x "$prefix/bin/guest-cargo" ] && return 0
    [ "$(id -u)" = 0 ] || fail "run this as root once, to install the guest toolchain into $prefix"
    [ "$(uname -m)" = x86_64 ] || fail "the guest toolchain is put together for x86_64 machines only"
    local version package std needed
    version=$(candidate rustc-web)
    [ -n "$version" ] || { refresh_lists; version=$(candidate rustc-web); }
    [ -n "$version" ] || fail "Debian's package sources hold no rustc-web (Debian 12 and its security updates do)"
    for package in cargo-web rust-web-src libstd-rust-web-dev; do
        [ "$(candidate $package)" = "$version" ] || fail "$package is not of the version of rustc-web, $version"
    done
    # The compiler itself is a library whose package name carries its version.
    std=$(apt-cache show "libstd-rust-web-dev=$version" | grep -om1 'libstd-rust-web-[0-9][0-9.]*')
    # The shared libraries that compiler and cargo load (LLVM, libgit2 and so on) are installed.
    needed=$(apt-cache show "$std=$version" "cargo-web=$version" | sed -n 's/^Depends: //p' |
        tr ',|' '\n\n' | awk '$1 ~ /^lib/ && $1 !~ /^libstd-rust/ { print $1 }' | sort -u)
    # shellcheck disable=SC2086
    install_packages $needed
    say "unpacking rustc-web $version into $prefix"
    rm -rf "$prefix.partial"
    mkdir -p "$prefix.partial/bin"
    unpack_packages "$prefix.partial" "$version" rustc-web cargo-web "$std" libstd-rust-web-dev rust-web-src
    # Of the sources only the library is ever built.
    rm -rf "$prefix.partial"/usr/src/rustc-*/{compiler,src,tests}
    echo "$version" > "$prefix.partial/version"
    rm -rf "$prefix"
    mv "$prefix.partial" "$prefix"
    wrapper guest-rustc rustc
    wrapper guest-cargo cargo
    "$prefix/bin/guest-rustc" -V >&2
}

wrapper() { # NAME PROGRAM
    cat > "$prefix/bin/$1" << EOF
#!/bin/bash
# $2 of this prefix. A component's linker is the one of the machine's own Rust toolchain.
prefix=\$(cd "\$(dirname "\$(readlink -f "\$0")")/.." && pwd)
linkers=\$(cd / && rustc --print sysroot 2> /dev/null)/lib/rustlib/x86_64-unknown-linux-gnu/bin
export PATH=\$prefix/usr/bin:\$linkers:\$linkers/gcc-ld:\$PATH
export LD_LIBRARY_PATH=\$prefix/usr/lib/x86_64-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
export RUSTC=\$prefix/usr/bin/rustc RUSTDOC=\$prefix/usr/bin/rustdoc
export CARGO_HOME=\${CARGO_HOME:-\$HOME/.cargo}
unset RUSTUP_TOOLCHAIN RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO
exec "\$prefix/usr/bin/$2" "\$@"
EOF
    chmod 755 "$prefix/bin/$1"
}

# --- aarch64: core as Debian compiled it for arm64

aarch64_core() {
    toolchain
    local version library=$rustlib/aarch64-unknown-linux-gnu
    version=$(cat "$prefix/version")
    [ "$(cat "$library/version" 2> /dev/null)" != "$version" ] || return 0
    [ "$(id -u)" = 0 ] || fail "run this as root once, to install core for aarch64 into $prefix"
    dpkg --print-foreign-architectures | grep -qx arm64 || dpkg --add-architecture arm64
    apt-cache show "libstd-rust-web-dev:arm64=$version" > /dev/null 2>&1 || refresh_lists
    say "unpacking core for aarch64 into $prefix"
    make_scratch
    unpack_packages "$scratch/arm64" "$version" libstd-rust-web-dev:arm64
    rm -rf "$library"
    mv "$scratch/arm64/usr/lib/rustlib/aarch64-unknown-linux-gnu" "$library"
    echo "$version" > "$library/version"
}

aarch64_shim() {
    local cargo=cargo target=aarch64-unknown-linux-gnu folder archive
    # The machine's own toolchain will do where it has the target.
    if ! [ -d "$(cd "$repository" && rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
        aarch64_core
        cargo=$prefix/bin/guest-cargo
    fi
    folder=${CARGO_TARGET_DIR:-$repository/target}/shim
    (cd "$repository" && "$cargo" build --quiet --locked --release -p nanocc-runtime-shim \
        --target $target --target-dir "$folder" >&2)
    archive=$folder/$target/release/libnanocc_runtime_shim.a
    [ -f "$archive" ] || fail "nanocc-runtime-shim left no $archive"
    readlink -f "$archive"
}

# --- wasm32-wasip2 and wasm32-wasip1: std from its sources; for the first, start-up code of our own

wasm_std() { # TARGET
    toolchain
    local target=$1 start=$repository/testsuite/guests/start.c library version
    library=$rustlib/$target
    version="$(cat "$prefix/version") recipe $wasm_std_recipe $(sha256sum < "$start")"
    [ "$(cat "$library/version" 2> /dev/null)" != "$version" ] || return 0
    [ -w "$prefix" ] || fail "run this as root once, to build std for $target in $prefix"
    local linkers
    linkers=$(cd "$repository" && rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin
    [ -x "$linkers/wasm-component-ld" ] && [ -x "$linkers/gcc-ld/wasm-ld" ] ||
        fail "this Rust toolchain has no wasm-component-ld: install Rust with rustup"

    say "building std for $target (a minute or two)"
    rm -rf "$library"
    mkdir -p "$library/lib/self-contained"
    # What rustc links into every guest beside its own libraries.
    cp /usr/lib/wasm32-wasi/crt1*.o /usr/lib/wasm32-wasi/*.a "$library/lib/self-contained/"
    [ "$target" = wasm32-wasip1 ] || clang --target=wasm32-wasi -Os -Wall -c "$start" \
        -o "$library/lib/self-contained/crt1-command.o"

    # A crate that depends on nothing but std, so that cargo builds std; at a fixed place, and with
    # the machine's paths mapped away, because file names in panic messages end up in every guest.
    local build=$prefix/build-std remap registry
    rm -rf "$build"
    mkdir -p "$build/src"
    cat > "$build/Cargo.toml" << 'EOF'
[package]
name = "build-std"
version = "0.0.0"
edition = "2021"

[profile.release]
opt-level = "s"
EOF
    echo '#![no_std]' > "$build/src/lib.rs"
    remap="--remap-path-prefix=$rustlib/src/rust=/rust"
    remap+=" --remap-path-prefix=$(readlink -f "$rustlib/src/rust")=/rust"
    for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
        remap+=" --remap-path-prefix=$registry=/crates"
    done
    # RUSTC_BOOTSTRAP lets this one build use -Zbuild-std; the guests then need no such permission.
    (cd "$build" && RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$build/target \
        RUSTFLAGS="-Cembed-bitcode=yes -Cpanic=abort $remap" \
        "$prefix/bin/guest-cargo" build --quiet --release --target $target -Zbuild-std=std,panic_abort >&2)
    rm -f "$build/target/$target/release/deps"/libbuild_std-*.rlib
    cp "$build/target/$target/release/deps"/*.rlib "$library/lib/"
    rm -rf "$build"
    echo "$version" > "$library/version"
}

# --- wit-bindgen, for C: of the version that the guests in Rust use

bindings_generator() {
    toolchain
    local version
    version=$(sed -n 's/^wit-bindgen = .*"=\([0-9.]*\)".*/\1/p' "$repository/testsuite/guests/Cargo.toml")
    [ "$("$prefix/bin/wit-bindgen" -V 2> /dev/null)" != "wit-bindgen-cli $version" ] || return 0
    [ -w "$prefix" ] || fail "run this as root once, to install wit-bindgen into $prefix"
    say "building wit-bindgen $version (a minute or two)"
    make_scratch
    # --debug: it is built once and works for milliseconds.
    (cd "$repository" && CARGO_TARGET_DIR=$scratch/wit-bindgen cargo install --quiet --locked --debug \
        wit-bindgen-cli --version "$version" --no-default-features --features c --root "$scratch/installed" >&2)
    cp "$scratch/installed/bin/wit-bindgen" "$prefix/bin/"
}

tests() {
    install_packages qemu-user-static binutils-aarch64-linux-gnu
    aarch64_core
}

clang_for_wasm() { install_packages clang libclang-rt-dev-wasm32 wasi-libc; }

guests() {
    clang_for_wasm
    wasm_std wasm32-wasip2
    wasm_std wasm32-wasip1
    bindings_generator
}

case $#:${1:-tests} in
    0:tests | 1:tests) tests && say "ready for the tests" ;;
    1:big) clang_for_wasm && say "ready to make SQLite's component" ;;
    1:guests) guests && say "ready to rebuild the guests" ;;
    1:aarch64-shim) aarch64_shim ;;
    1:-h | 1:--help) sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p}' "$0" ;;
    *) say "usage: testsuite/setup.sh [tests | big | guests | aarch64-shim]"; exit 2 ;;
esac
