#!/bin/sh
# build.sh: compiles the native stretching kernel to dist/workers/kernel/stretch.node with $CC (default: cc) and $CFLAGS.
# Without a compiler, or on a processor other than x86-64 and arm64, it prints a message and succeeds: the server then
# stretches in WebAssembly.
# build.sh main.c target: builds the kernel without Node, as a program, for benchmarks and tests.
# build.sh addon.c target: builds the addon at another path.
set -u
main=$(realpath "${1:-$(dirname "$0")/addon.c}")
target=$(realpath -m "${2:-$(dirname "$0")/../../../dist/workers/kernel/stretch.node}" 2>/dev/null || echo "$2")
if [ -e "$target" ] && [ ! -f "$target" ]; then
  echo "$target is not a file" >&2
  exit 1
fi
cd "$(dirname "$0")" || exit 1
headers=../../../node_modules/node-api-headers/include
CC=${CC:-cc}
flags="${CFLAGS:-} -O2 -std=gnu11 -Wall -Wno-maybe-uninitialized -fPIC -fvisibility=hidden"

give_up() {
  rm -f "$target"
  echo "The native stretching engine is not built: $1. Stretching takes 1.5 to 3 times as much CPU without it." >&2
  exit 0
}

mkdir -p "$(dirname "$target")"
command -v "${CC%% *}" >/dev/null || give_up "there is no C compiler ($CC); install one, on Debian: apt install gcc libc6-dev"

objects=$(mktemp -d) || exit 1
trap 'rm -rf "$objects"' EXIT

compile() { # object source flags
  object=$1 source=$2
  shift 2
  # shellcheck disable=SC2086 # $CC and $flags are lists
  $CC $flags "$@" -c "$source" -o "$objects/$object.o" 2>"$objects/$object.log" || touch "$objects/failed" &
}

compile_vectors() { # isa "numbers of hashes" flags
  isa=$1 numbers=$2
  shift 2
  compile "iterate-$isa" iterate.c -DITERATE="iterate_$isa" -DWORD=v4 "$@"
  for n in $numbers; do compile "romix-$isa-$n" romix.c -DROMIX="romix_${isa}_$n" -DHASHES="$n" "$@"; done
}

machine=$($CC -dumpmachine)
case $machine in
  x86_64-*)
    compile_vectors sse2 '1 2'
    compile_vectors avx2 '1 2 4' -mavx2
    compile_vectors avx512 '1 2 4' -mavx512f -mavx512vl
    sha_flags='-msha -msse4.1'
    # Vector instructions slow the scalar code down by 10 to 25 %, also with -march=native.
    scalar_flags='-march=x86-64 -mtune=generic'
    ;;
  aarch64-* | arm64-*)
    compile_vectors neon '1 2 4'
    sha_flags=-march=armv8-a+crypto
    scalar_flags=
    ;;
  *) give_up "it supports x86-64 and arm64, not $machine" ;;
esac
# shellcheck disable=SC2086
compile sha-extensions sha-extensions.c $sha_flags -flax-vector-conversions
# shellcheck disable=SC2086
compile romix-scalar romix.c -DROMIX=romix_scalar -DHASHES=1 -DSCALAR $scalar_flags
compile iterate-scalar iterate.c -DITERATE=iterate_scalar -DWORD=uint32_t
for source in pbkdf2 scrypt kernels; do compile $source $source.c; done
compile main "$main" -I. -I"$headers"
wait

case $(basename "$main")-$machine in
  addon.c-*darwin*) link="-bundle -undefined dynamic_lookup" ;;
  addon.c-*) link="-shared -pthread" ;;
  *) link="-pthread" ;;
esac
# shellcheck disable=SC2086
if [ -f "$objects/failed" ] || ! $CC $flags $link "$objects"/*.o -o "$objects/target" 2>"$objects/link.log"; then
  cat "$objects"/*.log >&2
  give_up "the C compiler failed (see above)"
fi
# A running server keeps the file that it has mapped.
mv "$objects/target" "$target.new" && mv "$target.new" "$target"
