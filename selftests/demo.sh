#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: none
#
# What `make demo` runs in a machine: two hosts (network namespaces a and b)
# with two links of 100 Mbit/s and 50 us between them, a bundle in each, and a
# real file copied with hpscp over one link, then over both. The checksum on the
# way is poly1305: emulated SHA-256 costs 28 instructions for each octet at each
# end, more than two such links leave in virtual time. The copy's SHA-256 is
# compared when the clock does not count.
#
#	 a: hps0 = eth1 10.0.1.1 ---- 100 Mbit/s ---- 10.0.1.2 eth1 = hps0 :b
#	           eth2 10.0.2.1 ---- 100 Mbit/s ---- 10.0.2.2 eth2
set -eu

SIZE=$((64 * 1024 * 1024))
RATE=100mbit
DELAY=50us
dir=$(mktemp -d /tmp/demo.XXXXXX)
server=''

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	ip netns del a 2>/dev/null || true
	ip netns del b 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT

fail() {
	echo "demo: $*"
	[ ! -s "$dir/serve.log" ] || { echo "hpscp serve said:"; cat "$dir/serve.log"; }
	exit 1
}

in_a() { ip netns exec a "$@"; }
in_b() { ip netns exec b "$@"; }

# shape NETNS DEVICE: a wire of that rate; frames of the wire's size, else
# netem would see 64 KB at once
shape() {
	ip -n "$1" link set "$2" gso_max_segs 1 up
	tc -n "$1" qdisc add dev "$2" root netem rate $RATE delay $DELAY limit 20000
}

# link N: ethN in a to ethN in b
link() {
	ip -n a link add "eth$1" type veth peer name "eth$1" netns b
	ip -n a addr add "10.0.$1.1/24" dev "eth$1"
	ip -n b addr add "10.0.$1.2/24" dev "eth$1"
	shape a "eth$1"
	shape b "eth$1"
}

# join N: ethN into the bundles of both hosts
join() {
	ip -n a link set "eth$1" master hps0
	ip -n b link set "eth$1" master hps0
}

hosts() {
	local ns
	modprobe -a veth sch_netem
	for ns in a b; do
		ip netns add $ns
		ip -n $ns link set lo up
	done
	link 1
	link 2
	for ns in a b; do
		ip -n $ns link add hps0 type hps
		ip -n $ns link set hps0 up
	done
}

# real_file: libraries and programs of this system, one behind the other
real_file() {
	mkdir "$dir/b" "$dir/a"
	# find ends by SIGPIPE when head has enough
	find /usr/lib/x86_64-linux-gnu /usr/bin /usr/lib/gcc -type f -size +64k -print0 2>/dev/null |
		xargs -0 cat 2>/dev/null | head -c $SIZE >"$dir/b/file" || true
	[ "$(stat -c %s "$dir/b/file")" = $SIZE ] || fail "this system has less than 64 MB of files"
	wanted=$(sha256sum <"$dir/b/file")
}

serve() {
	local i
	# no key: reachable from namespace a only
	in_b hpscp --bind 10.0.1.2 serve "$dir/b" >"$dir/serve.log" 2>&1 &
	server=$!
	# until it answers: a copy of the first byte
	for i in $(seq 50); do
		if in_a hpscp -q --range 0+1 get 10.0.1.2:file "$dir/a/probe" 2>"$dir/probe.log"; then
			return 0
		fi
		kill -0 $server 2>/dev/null || fail "hpscp serve ended"
		sleep 0.1
	done
	cat "$dir/probe.log"
	fail "hpscp serve does not answer after $i attempts"
}

sent() { in_b cat "/sys/class/net/eth$1/statistics/tx_bytes"; }

now() { date +%s%N; }

# copy TITLE: sets ns, the nanoseconds it took
copy() {
	local one two begin
	rm -f "$dir/a/file"
	one=$(sent 1) two=$(sent 2)
	begin=$(now)
	in_a hpscp -q --checksum poly1305 get 10.0.1.2:file "$dir/a/file" || fail "the copy over $1 failed"
	ns=$(($(now) - begin))
	one=$(($(sent 1) - one)) two=$(($(sent 2) - two))
	[ "$(sha256sum <"$dir/a/file")" = "$wanted" ] || fail "SHA-256 differs after the copy over $1"
	awk -v t="$1" -v ns="$ns" -v n=$SIZE -v one="$one" -v two="$two" 'BEGIN {
		printf "%-10s %6.2f s  %6.1f Mbit/s  eth1 %d bytes, eth2 %d bytes  SHA-256 ok\n",
			t ":", ns / 1e9, n * 8e3 / ns, one, two }'
}

hosts
real_file
join 1
serve
echo "demo: 64 MB (${wanted%% *}), links of 100 Mbit/s"
copy "one link"
first=$ns
join 2
# the pool connects over the new link by itself: one copy of warming
in_a hpscp -q --checksum poly1305 get 10.0.1.2:file "$dir/a/warm" || fail "the copy over both links failed"
copy "two links"
awk -v a="$first" -v b="$ns" 'BEGIN {
	printf "speed-up %.2f\n", a / b
	exit a / b < 1.5 }' || fail "two links should be at least 1.5 times as fast as one"
