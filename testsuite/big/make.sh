#!/bin/bash
# Makes real components, of a size that programs have, from what registries hold:
#
#   sqlite.wasm        SQLite's amalgamation and sqlite/shell.c, by clang and wasi-libc, as a module for
#                      WASI preview 1 that is made a component with the published adapter
#   javascript.wasm    javascript/program.js with the engine of componentize-js
#   http.wasm          the same with all of the engine's features, so that it imports wasi:http
#   python.wasm        python/app.py with the interpreter of componentize-py
#   peers-javascript.wasm, peers-python.wasm
#                      the guests in testsuite/guests/peers, with the same engine and interpreter
#
#   make.sh [sqlite|javascript|http|python|peers-javascript|peers-python]...    all of them if none is named
#
# They lie in NANOCC_BIG if that is set, else in the folder `big` of the build folder (CARGO_TARGET_DIR, else
# target/). What is there already and was made from the same files is left alone. Versions and digests of
# all that is fetched are locked: sqlite/Cargo.lock, javascript/package-lock.json, python/requirements.txt.
#
# It needs cargo; for SQLite clang and wasi-libc (testsuite/setup.sh big) and python3 with venv; for JavaScript node
# and npm; for Python python3 with venv. It writes nowhere but to its folder (and the caches of the registries' clients).
set -euo pipefail
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
peers=$repository/testsuite/guests/peers
out=${NANOCC_BIG:-${CARGO_TARGET_DIR:-$repository/target}/big}
mkdir -p "$out"
out=$(cd "$out" && pwd)

say() { echo "make: $*" >&2; }
fail() { say "$*"; exit 1; }
need() {
    local program
    for program; do command -v "$program" > /dev/null || fail "$program is not installed"; done
}

# Python's tools, in a folder of their own.
tools() {
    need python3
    local stamp
    stamp=$(sha256sum < "$here/python/requirements.txt")
    [ "$(cat "$out/tools/stamp" 2> /dev/null)" != "$stamp" ] || return 0
    rm -rf "$out/tools"
    python3 -m venv "$out/tools"
    "$out/tools/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --require-hashes -r "$here/python/requirements.txt"
    echo "$stamp" > "$out/tools/stamp"
}

# A world's file with the packages that it refers to, in the folder wit-WORLD.
wit() { # WORLD
    local file=$here/world.wit
    [ "$1" = program ] || file=$peers/wit/peers.wit
    mkdir -p "$out/wit-$1/deps"
    cp "$file" "$out/wit-$1/"
    cp "$repository"/wit/packages/*.wit "$out/wit-$1/deps/"
}

make_sqlite() { # OUTPUT
    need clang cargo
    tools
    local sources clang_rt objects=() linker folder=$out/sqlite source
    mkdir -p "$folder"
    # `cargo vendor` compares what it unpacks with the digests of Cargo.lock. It wants a package that has a target.
    cp "$here"/sqlite/Cargo.* "$folder/"
    touch "$folder/none.rs"
    (cd "$folder" && cargo vendor --quiet --locked --versioned-dirs vendor > /dev/null)
    sources=$folder/vendor/libsqlite3-sys-0.40.0/sqlite3
    for source in "$sources/sqlite3.c" "$here/sqlite/shell.c" "$here/../guests/realloc.c"; do
        objects+=("$folder/$(basename "$source" .c).o")
        clang --target=wasm32-wasi -O2 "-I$sources" "-ffile-prefix-map=$folder=/" \
            -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_ENABLE_MATH_FUNCTIONS \
            -DSQLITE_ENABLE_FTS3 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_GEOPOLY \
            -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_SESSION -DSQLITE_ENABLE_PREUPDATE_HOOK \
            -c "$source" -o "${objects[-1]}"
    done
    # The linker is the Rust toolchain's: clang is often installed without its own.
    linker=$(cd "$repository" && rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin
    clang_rt=$(clang --target=wasm32-wasi -print-libgcc-file-name)
    [ -f "$clang_rt" ] || clang_rt=$(find /usr/lib/llvm-*/lib/clang -name libclang_rt.builtins-wasm32.a | sort | tail -1)
    PATH=$linker:$linker/gcc-ld:$PATH wasm-ld --strip-debug -L/usr/lib/wasm32-wasi /usr/lib/wasm32-wasi/crt1-command.o \
        "${objects[@]}" -lc "$clang_rt" -o "$folder/sqlite.core.wasm"
    "$out/tools/bin/wasm-tools" component new "$folder/sqlite.core.wasm" -o "$1" --adapt \
        "$folder/vendor/wasi-preview1-component-adapter-provider-48.0.8/artefacts/wasi_snapshot_preview1.command.wasm"
}

make_with_componentize_js() { # PROGRAM WORLD OUTPUT FEATURE...
    need node npm
    wit "$2"
    local folder=$out/node stamp
    stamp=$(sha256sum < "$here/javascript/package-lock.json")
    mkdir -p "$folder"
    cp "$here"/javascript/*.js* "$folder/"
    if [ "$(cat "$folder/stamp" 2> /dev/null)" != "$stamp" ]; then
        # `npm ci` wants an entry for every other platform's optional packages, which npm doesn't write.
        (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
        # What is installed has to be what is locked.
        [ -z "$(comm -13 <(grep '"integrity"' "$here/javascript/package-lock.json" | sort) \
            <(grep '"integrity"' "$folder/node_modules/.package-lock.json" | sort))" ] ||
            fail "npm installed what javascript/package-lock.json doesn't hold"
        echo "$stamp" > "$folder/stamp"
    fi
    cp "$1" "$folder/"
    (cd "$folder" && node make.js "$(basename "$1")" "$out/wit-$2" "${@:2}")
}
make_javascript() { make_with_componentize_js "$here/javascript/program.js" program "$1" http fetch-event; }
make_http() { make_with_componentize_js "$here/javascript/program.js" program "$1"; }
make_peers-javascript() { make_with_componentize_js "$peers/javascript/guest.js" guest "$1" http fetch-event; }

make_with_componentize_py() { # FOLDER MODULE WORLD OUTPUT
    tools
    wit "$3"
    mkdir -p "$out/python-$3" # Python leaves its caches there
    cp "$1"/*.py "$out/python-$3/"
    (cd "$out" && tools/bin/componentize-py -q -d "wit-$3" -w "$3" componentize -p "python-$3" "$2" -o "$4")
}
make_python() { make_with_componentize_py "$here/python" app program "$1"; }
make_peers-python() { make_with_componentize_py "$peers/python" guest guest "$1"; }

# What a component is made from, apart from the machine's clang.
sources() {
    declare -f "make_$1" make_with_componentize_js make_with_componentize_py wit
    case $1 in
        sqlite) cat "$here"/sqlite/* "$here/../guests/realloc.c" "$here/python/requirements.txt" ;;
        javascript | http) cat "$here"/javascript/* "$here/world.wit" "$repository"/wit/packages/*.wit ;;
        python) cat "$here"/python/*.{py,txt} "$here/world.wit" "$repository"/wit/packages/*.wit ;;
        peers-javascript)
            cat "$here"/javascript/{make.js,package.json,package-lock.json} "$peers"/javascript/guest.js
            cat "$peers/wit/peers.wit" "$repository"/wit/packages/*.wit
            ;;
        peers-python)
            cat "$here/python/requirements.txt" "$peers"/python/*.py
            cat "$peers/wit/peers.wit" "$repository"/wit/packages/*.wit
            ;;
    esac
}

all=(sqlite javascript http python peers-javascript peers-python)
[ $# != 0 ] || set -- "${all[@]}"
for name; do
    [[ " ${all[*]} " = *" $name "* ]] || fail "no such component: $name"
    stamp=$(sources "$name" | sha256sum)
    if [ -f "$out/$name.wasm" ] && [ "$(cat "$out/$name.stamp" 2> /dev/null)" = "$stamp" ]; then
        continue
    fi
    rm -f "$out/$name.wasm"
    "make_$name" "$out/$name.new"
    mv "$out/$name.new" "$out/$name.wasm"
    echo "$stamp" > "$out/$name.stamp"
    say "$out/$name.wasm: $(stat -c %s "$out/$name.wasm") bytes"
done
