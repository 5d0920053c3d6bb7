#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# examples.sh DIR: libhps as a program sees it: installed below DIR, the examples
# and the one of hps-direct.rst built with pkg-config, and run.
# examples.sh --built PREFIX DIR: PREFIXkv and so on, built already. HPS_TRANSPORT says
# over what.
set -u
here=$(dirname "$(readlink -f "$0")")
top=$here/../..

if [ -z "${EXAMPLES_INSIDE:-}" ]; then
	EXAMPLES_INSIDE=1 exec unshare --net --pid --fork --kill-child "$0" "$@"
fi
. "$here/../lib.sh"
built=
if [ "${1:-}" = --built ]; then
	built=$2
	shift 2
fi
dir=${1:?usage: examples.sh DIR}
prefix=$dir/root
ip link set lo up

rm -rf "$dir"
mkdir -p "$dir/shared" "$dir/static"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export LD_LIBRARY_PATH=$prefix/lib

build_hello() {
	"$here/hello" "$top/Documentation/networking/hps-direct.rst" >"$dir/hello.c"
	# shellcheck disable=SC2046
	cc -Wall -Wextra -Werror -D_GNU_SOURCE -o "$dir/hello" "$dir/hello.c" \
		$(pkg-config --cflags --libs libhps)
}

# only what the map lists, and nothing of it missing
exports() {
	sed -n 's/^	\(hps_[a-z_]*\);$/\1/p' "$top/tools/libhps/libhps.map" | sort >"$dir/map"
	nm -D --defined-only "$prefix/lib/libhps.so" |
		awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort | diff "$dir/map" - &&
	nm -g --defined-only "$prefix/lib/libhps.a" |
		awk 'NF == 3 { print $3 }' | sort | diff "$dir/map" - &&
	grep -oE '\bhps_[a-z_]+\(' "$prefix/include/libhps.h" | tr -d '(' | sort -u | diff "$dir/map" -
}

# each function of the map is in the man page
documented() {
	local f bad=0
	while read -r f; do
		grep -qE "^\.F[no] $f( |\$)" "$top/tools/libhps/libhps.3" || { echo "$f"; bad=1; }
	done <"$dir/map"
	return $bad
}

# start NAME COMMAND...: a server, its input is the descriptor in $NAME_in
start() {
	local name=$1
	shift
	mkfifo "$dir/$name.in"
	"$@" <"$dir/$name.in" >"$dir/$name.out" 2>&1 &
	eval "exec {${name}_in}>\"\$dir/$name.in\""
	wait_for 10 grep -q ready "$dir/$name.out"
}

# tell NAME LINE SAYS: a line to a server, which then says something
tell() {
	local fd=${1}_in
	echo "$2" >&"${!fd}"
	wait_for 10 grep -qFx -e "$3" "$dir/$1.out"
}

kv_reads() {
	tell kv "colour blue" "set colour" && tell kv "size large and wide" "set size" &&
		[ "$(kv get localhost 7001 size colour)" = "large and wide
blue" ]
}

kv_follows() {
	local i
	for i in 1 2 3 4 5; do
		tell kv "n$i round $i" "set n$i" || return 1
		[ "$(kv get localhost 7001 "n$i")" = "round $i" ] || return 1
	done
}

# while the server changes the slot, a reader gets one value or the other, whole
kv_never_torn() {
	local long other i
	long=$(printf 'a%.0s' {1..190}) other=$(printf 'b%.0s' {1..190})
	tell kv "torn $long" "set torn" || return 1
	( for i in {1..300}; do echo "torn $other"; echo "torn $long"; done >&"$kv_in" ) &
	for i in {1..15}; do
		case $(kv get localhost 7001 torn torn torn torn | sort -u | tr '\n' ' ') in
		"$long " | "$other " | "$long $other ") ;;
		*) echo "torn"; return 1 ;;
		esac
	done
	wait $!
}


ask() { echo get >&"$ask_in"; wait_for 10 grep -qFx -e "$1" "$dir/answers"; }

cache_coherent() {
	local answers="miss one
hit one
hit one
miss two
hit two
miss three"
	mkfifo "$dir/ask"
	cache proxy localhost 7002 <"$dir/ask" >"$dir/answers" 2>&1 &
	exec {ask_in}>"$dir/ask"
	tell cache one "version 2" && ask "miss one" && ask "hit one" && echo get >&"$ask_in" &&
		wait_for 10 lines 3 && tell cache two "version 4" && ask "miss two" &&
		ask "hit two" && tell cache "three" "version 6" && ask "miss three" &&
		[ "$(cat "$dir/answers")" = "$answers" ]
}

lines() { [ "$(wc -l <"$dir/answers")" = "$1" ]; }

# 4 managers, 50 moves each: none is lost, no server either
lock_excludes() {
	local id pids=() p
	for id in 1 2 3 4; do
		lock move localhost 7003 $id 50 &
		pids+=($!)
	done
	for p in "${pids[@]}"; do wait "$p" || return 1; done
	lock show localhost 7003 | tee /dev/stderr | awk '
		$2 != 0 || $4 != 200 || $6 + $7 + $8 + $9 != 100 { exit 1 }
		{ for (i = 6; i <= 9; i++) if ($i < 24 || $i > 26) exit 1 }'
}

hello_twice() {
	[ "$("$dir/hello" 7000 127.0.0.1)" = "visitor 1: hello from registered memory" ] &&
		[ "$("$dir/hello" 7000 127.0.0.1)" = "visitor 2: hello from registered memory" ]
}

install_and_build() {
	t_ok "libhps is installed" \
		make -s -C "$top/tools" O="$dir/tools" PREFIX="$prefix" WERROR=1 install-libhps
	t_ok "it exports what the map, the header and nothing else says" exports
	t_ok "the man page has each function" documented
	t_ok "the examples build with the shared library" \
		make -s -C "$top/tools/libhps/examples" O="$dir/shared"
	t_ok "the examples build with the static library" \
		make -s -C "$top/tools/libhps/examples" O="$dir/static" STATIC=1
	t_ok "the program in hps-direct.rst builds" build_hello
}

if [ -n "$built" ]; then
	for p in kv cache lock; do cp "$built$p" "$dir/shared/$p"; done
	cp "${built}kv" "$dir/static/kv"
	cp "${built}hello" "$dir/hello"
else
	install_and_build
fi
PATH=$dir/shared:$PATH
start hello "$dir/hello" 7000 || t_fail "hello starts"
start kv "$dir/static/kv" serve 7001 || t_fail "kv starts"
start cache cache origin 7002 || t_fail "cache starts"
start lock lock serve 7003 || t_fail "lock starts"

t_ok "the program in hps-direct.rst runs" hello_twice
t_ok "kv reads values" kv_reads
t_ok "kv reads what was set last" kv_follows
t_ok "kv never reads half of a change" kv_never_torn
t_refused "kv does not find what is not there" "nothing: not found" kv get localhost 7001 nothing
t_refused "a client of one server is not one of another" "another table" kv get localhost 7003 x
t_ok "the cache is never stale, and hits" cache_coherent
t_ok "the lock excludes, updates are counted" lock_excludes
t_done
