#!/bin/bash
# Builds the WebAssembly components that are kept in git from their sources beside them, or says
# which of them no longer correspond.
#
#   build-guests.sh ROOT           builds every component of ROOT/components.list
#   build-guests.sh ROOT --check   changes nothing; status 1 if a component differs from its sources
#
# ROOT/components.sha256 records what each component was built from: a digest of its sources and one
# of the component. So --check works on any machine; where the toolchain that ROOT/components.sha256
# names is installed (testsuite/setup.sh guests), it builds everything anew as well and compares.
#
# A build is reproducible: same sources and toolchain, same bytes, from any folder. No path of the
# machine gets into a component, which is checked before anything is replaced.
set -euo pipefail
export LC_ALL=C

usage() { echo "usage: build-guests.sh ROOT [--check]" >&2; exit 2; }
case $#:${2:-} in 1:|2:--check) ;; *) usage ;; esac
[ -f "$1/components.list" ] || { echo "build-guests: no $1/components.list" >&2; exit 2; }
root=$(cd "$1" && pwd)
check=${2:-}
repository=$(cd "$(dirname "$0")/../.." && pwd)
prefix=${NANOCC_GUESTS:-/opt/nanocc-guests}
manifest=$root/components.sha256
realloc=$repository/testsuite/guests/realloc.c
say() { echo "build-guests: $*" >&2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

grep -vE '^[[:space:]]*(#|$)' components.list > "$work/list"

# The digest of everything a component is made from, under names relative to ROOT.
digest_of_sources() { # KIND SOURCE...
    local shared=(Cargo.toml Cargo.lock)
    case $1 in rust | rust-preview1) ;; *) shared=() ;; esac
    {
        find "${shared[@]}" "${@:2}" -type f | sort | xargs -d '\n' sha256sum
        [ "$1" != c ] || sha256sum < "$realloc"
    } | sha256sum | cut -d' ' -f1
}

digest_of_file() { sha256sum "$1" | cut -d' ' -f1; }

needs_preview1() { grep -qE '^[^ ]+ +rust-preview1 ' "$work/list"; }

needs_bindings() { grep -qE '^[^ ]+ +reactor ' "$work/list"; }

has_toolchain() {
    [ -x "$prefix/bin/guest-cargo" ] && command -v clang > /dev/null &&
        { ! needs_preview1 || [ -f "$prefix/usr/lib/rustlib/wasm32-wasip1/version" ]; } &&
        { ! needs_bindings || [ -x "$prefix/bin/wit-bindgen" ]; }
}

toolchain() {
    echo "$("$prefix/bin/guest-rustc" -V)"
    echo "$(clang --version | head -1)"
    echo "linker of $(cd "$repository" && rustc -V)"
    ! needs_bindings || "$prefix/bin/wit-bindgen" -V
}

build_rust() { # OPTION...
    local remap="--remap-path-prefix=$root=/guests" home=${CARGO_HOME:-$HOME/.cargo} registry
    for registry in "$home"/registry/src/*; do
        remap+=" --remap-path-prefix=$registry=/crates"
    done
    RUSTFLAGS=$remap CARGO_TARGET_DIR=$target \
        "$prefix/bin/guest-cargo" build --quiet --locked --release "$@"
}

# clang makes an object for wasm32-wasi; the component linker adds the adapter to WASI 0.2. A core module for
# preview 1 (KIND preview1) is what wasi-libc alone makes: its own start-up code, and no adapter. A reactor
# (KIND reactor) is what wit-bindgen makes of a world; wasi-libc's start-up code only runs its constructors.
build_c() { # KIND OUTPUT WHAT SOURCE...
    local kind=$1 output=$2 what=$3 options=() files=() objects=() source object builtins sysroot linker start
    shift 3
    linker=wasm-component-ld
    case $kind in
        reactor)
            for source; do
                [ ! -d "$source" ] || "$prefix/bin/wit-bindgen" c "$source" --world "$what" --out-dir "$work/$what" 2> "$work/said" ||
                    { cat "$work/said" >&2; exit 1; }
            done
            options=("-I$work/$what")
            start="--entry _initialize /usr/lib/wasm32-wasi/crt1-reactor.o $work/$what/${what}_component_type.o"
            files=("$@" "$work/$what/$what.c")
            ;;
        preview1)
            linker=wasm-ld
            start=/usr/lib/wasm32-wasi/crt1-command.o
            files=("$@")
            ;;
        c)
            start=$prefix/usr/lib/rustlib/wasm32-wasip2/lib/self-contained/crt1-command.o
            files=("$@" "$realloc")
            ;;
    esac
    [ "$kind" = reactor ] || [ "$what" = - ] || IFS=, read -ra options <<< "$what"
    for source in "${files[@]}"; do
        case $source in *.c) ;; *) continue ;; esac
        object=$work/$(basename "$source" .c).o
        clang --target=wasm32-wasi -Os -Wall -Wextra -Werror "-ffile-prefix-map=$root=/guests" \
            "${options[@]}" -c "$source" -o "$object"
        objects+=("$object")
    done
    builtins=$(clang --target=wasm32-wasi -print-libgcc-file-name)
    [ -f "$builtins" ] || builtins=$(find /usr/lib/llvm-*/lib/clang -name libclang_rt.builtins-wasm32.a | sort | tail -1)
    sysroot=$(cd "$repository" && rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin
    # shellcheck disable=SC2086
    PATH=$sysroot:$sysroot/gcc-ld:$prefix/bin:$PATH "$linker" --strip-all --gc-sections \
        -L/usr/lib/wasm32-wasi $start "${objects[@]}" -lc "$builtins" -o "$output"
}

build_all() { # into $work/built
    local component kind what sources leak failed=0
    target=${CARGO_TARGET_DIR:-$repository/target}/guests
    ! grep -qE '^[^ ]+ +rust ' "$work/list" || build_rust --target wasm32-wasip2
    while read -r _ kind what _; do
        [ "$kind" != rust-preview1 ] || build_rust --target wasm32-wasip1 -p "$what"
    done < "$work/list"
    while read -r component kind what sources; do
        mkdir -p "$work/built/$(dirname "$component")"
        case $kind in
            rust) cp "$target/wasm32-wasip2/release/$what.wasm" "$work/built/$component" ;;
            rust-preview1) cp "$target/wasm32-wasip1/release/$what.wasm" "$work/built/$component" ;;
            # shellcheck disable=SC2086
            c | preview1 | reactor) build_c "$kind" "$work/built/$component" "$what" $sources ;;
            *) say "$component: no such kind: $kind"; exit 2 ;;
        esac
        for leak in "$prefix" "$repository" "${CARGO_HOME:-$HOME/.cargo}" "$work"; do
            if grep -aqF "$leak" "$work/built/$component"; then
                say "$component holds a path of this machine: $(grep -aoF -m1 "$leak" "$work/built/$component" | head -1)"
                failed=1
            fi
        done
    done < "$work/list"
    [ $failed = 0 ] || { say "run testsuite/setup.sh guests: the toolchain's own paths must be mapped"; exit 1; }
}

write_manifest() {
    local component kind what sources
    echo "# Written by rebuild.sh: digest of the sources, digest of the component, component."
    toolchain | sed 's/^/# toolchain: /'
    while read -r component kind what sources; do
        # shellcheck disable=SC2086
        echo "$(digest_of_sources "$kind" $sources) $(digest_of_file "$component") $component"
    done < "$work/list"
}

if [ -z "$check" ]; then
    has_toolchain || { say "the guest toolchain is not installed: run testsuite/setup.sh guests"; exit 1; }
    build_all
    while read -r component _; do
        mkdir -p "$(dirname "$component")"
        cmp -s "$work/built/$component" "$component" || { cp "$work/built/$component" "$component"; say "wrote $component"; }
    done < "$work/list"
    write_manifest > "$work/manifest"
    cmp -s "$work/manifest" "$manifest" || cp "$work/manifest" "$manifest"
    exit 0
fi

stale=0
complain() { say "$*"; stale=1; }
[ -f "$manifest" ] || { say "no $manifest: run rebuild.sh"; exit 1; }
while read -r component kind what sources; do
    recorded=$(awk -v c="$component" '$3 == c { print $1, $2 }' "$manifest")
    if [ ! -f "$component" ]; then
        complain "$component is missing"
    elif [ -z "$recorded" ]; then
        complain "$component is not in components.sha256"
    else
        # shellcheck disable=SC2086
        [ "${recorded% *}" = "$(digest_of_sources "$kind" $sources)" ] ||
            complain "$component: its sources have changed since it was built"
        [ "${recorded#* }" = "$(digest_of_file "$component")" ] ||
            complain "$component: it is not what was built from its sources"
    fi
done < "$work/list"
# Components that no line builds would never be found stale.
while read -r component; do
    grep -qE "^$component[[:space:]]" "$work/list" || complain "$component: no line of components.list builds it"
done < <(find . -path ./target -prune -o -name '*.wasm' -path '*/deps/*' -print | sed 's,^\./,,' | sort)

if ! has_toolchain; then
    say "compared by digests only: the guest toolchain is not installed"
elif [ "$(sed -n 's/^# toolchain: //p' "$manifest")" != "$(toolchain)" ]; then
    say "compared by digests only: the installed toolchain is not the one of components.sha256"
else
    build_all
    while read -r component _; do
        cmp -s "$work/built/$component" "$component" || complain "$component: a new build differs from it"
    done < "$work/list"
fi
[ $stale = 0 ] && say "every component corresponds to its sources"
exit $stale
