#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full debug
#
# hpsperf: both tests, their reports and what it refuses.
# HPS_TEST_PROTO says over what (hps, tcp, mptcp); hpsperf is on PATH.
# Figures depend on the machine: only their sense is checked.
# Functions run through try().
# shellcheck disable=SC2317

proto=${HPS_TEST_PROTO:-hps}

skip() { echo "1..0 # SKIP $1"; exit 4; }

command -v hpsperf >/dev/null || skip "hpsperf is not on PATH"
if [ -z "$TOOLS_HPSPERF_INSIDE" ]; then
	unshare --net --pid --fork --mount-proc true || skip "cannot make namespaces"
	TOOLS_HPSPERF_INSIDE=1 exec unshare --net --pid --fork --kill-child \
		--mount-proc "$0" "$@"
fi

ip link set lo up
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1

# Not a function: $! must be hpsperf itself.
perf=(hpsperf --proto "$proto" --timeout 60)

tests=0 failures=0 victim=''
try() {
	local result=ok

	tests=$((tests + 1))
	"$1" >log 2>&1 || { result="not ok"; failures=$((failures + 1)); }
	echo "$result $tests - $1 ($proto)"
	[ "$result" = ok ] || sed 's/^/# /' log
}

# wait_for SECONDS COMMAND...
wait_for() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || { echo "timed out: $*"; return 1; }
		sleep 0.05
	done
}

# serve NAME OPTION...: starts a server, its process is in $NAME.
serve() {
	local name=$1

	shift
	: >"$name.log"
	"${perf[@]}" server "$@" >"$name.log" 2>&1 &
	printf -v "$name" %s $!
	wait_for 60 grep -q "^listening" "$name.log" || { cat "$name.log"; return 1; }
}

# refused TEXT OPTION...: hpsperf fails and says TEXT.
refused() {
	local text=$1

	shift
	if "${perf[@]}" "$@" >refused.log 2>&1; then
		echo "should have failed: hpsperf $*"
		return 1
	fi
	grep -q -- "$text" refused.log || { echo "no '$text' in:"; cat refused.log; return 1; }
}

# json KEY: the numbers under a key of the report in file json, one per line.
json() { sed -n "s/.*\"$1\": *\([-0-9.e+]*\),*\$/\1/p" json; }

# sane EXPRESSION: an awk expression is true.
sane() { awk "BEGIN { exit !($1) }" || { echo "wrong: $1"; cat json; return 1; }; }

pingpong_of_all_sizes() {
	"${perf[@]}" pingpong 127.0.0.1 --time 0.05 --warmup 0.01 | tee text
	# 4 B to 16 MB are 13 rows below two lines of heading.
	[ "${PIPESTATUS[0]}" = 0 ] && [ "$(wc -l <text)" = 15 ] &&
		grep -q '^ *4 ' text && grep -q '^ *16777216 ' text
}

pingpong_reports() {
	local size rounds median min p99 rate

	"${perf[@]}" pingpong 127.0.0.1 --sizes 64k --rounds 50 --warmup 0.01 \
		--json >json || return 1
	size=$(json size) rounds=$(json rounds) median=$(json rtt_median_us)
	min=$(json rtt_min_us) p99=$(json rtt_p99_us) rate=$(json mbit_per_s)
	sane "$size == 65536 && $rounds == 50" &&
		sane "0 < $min && $min <= $median && $median <= $p99" &&
		sane "$rate > 0.99 * 8 * $size / ($median / 2)" &&
		sane "$rate < 1.01 * 8 * $size / ($median / 2)"
}

pingpong_by_ipv6() {
	"${perf[@]}" pingpong ::1 -6 --sizes 4,1M --rounds 5 --warmup 0.01 --json >json &&
		[ "$(json size | wc -l)" = 2 ]
}

cpu_of_both_ends() {
	"${perf[@]}" pingpong 127.0.0.1 --sizes 4 --time 0.2 --cpu --json >json &&
		[ "$(json system_percent | wc -l)" = 2 ] &&
		sane "$(json system_percent | head -1) > 0"
}

stream_of_bytes() {
	"${perf[@]}" stream 127.0.0.1 --bytes 10000001 --write 4k --json >json &&
		sane "$(json bytes) == 10000001 && $(json mbit_per_s) > 0" &&
		grep -q '"steady_mbit_per_s":' json
}

stream_for_a_time() {
	"${perf[@]}" stream 127.0.0.1 --time 1.5 --interval 100 --cpu --json >json &&
		sane "$(json seconds) > 1.4 && $(json steady_mbit_per_s) > 0" &&
		grep -q intervals_mbit_per_s json &&
		"${perf[@]}" stream ::1 --time 0.1 --nodelay
}

clients_at_one_time() {
	local i pids=()

	for i in 1 2 3 4; do
		"${perf[@]}" pingpong 127.0.0.1 --sizes 1k --rounds 100 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return 1
	done
}

message_sockets() {
	if [ "$proto" != hps ]; then
		refused "no message sockets" pingpong 127.0.0.1 --seqpacket
		return
	fi
	serve messages --seqpacket -p 18520 || return 1
	"${perf[@]}" pingpong 127.0.0.1 --seqpacket -p 18520 --rounds 5 \
		--sizes 4,1k,64k,1M --json >json && [ "$(json size | wc -l)" = 4 ] &&
		"${perf[@]}" stream 127.0.0.1 --seqpacket -p 18520 --bytes 1000001 \
			--write 1000 --json >json && sane "$(json bytes) == 1000001"
}

server_killed() {
	serve victim -p 18530 || return 1
	"${perf[@]}" stream 127.0.0.1 -p 18530 --time 600 >client.log 2>&1 &
	local client=$!

	busy() { [ -n "$(cat "/proc/$victim/task/$victim/children")" ]; }
	wait_for 60 busy || return 1
	kill -KILL "$victim"
	wait $client && { echo "the client saw no error"; return 1; }
	cat client.log
	grep -q "failed\|ended" client.log
}

no_server() { refused "Connection refused" pingpong 127.0.0.1 -p 18599; }

wrong_usage() {
	refused "does not take these options" server --json &&
		refused "does not take these arguments" pingpong &&
		refused "not a size" pingpong --sizes 4,x 127.0.0.1 &&
		refused "is not from 1 to" pingpong --sizes 65M 127.0.0.1 &&
		refused "not a command" frob && refused "not a protocol" --proto udp server
}

"${perf[@]}" stream 127.0.0.1 2>probe.log && exit 1
grep -q "this kernel has no" probe.log && skip "$(cat probe.log)"

serve main || { echo "Bail out! no server"; exit 1; }

all="pingpong_of_all_sizes pingpong_reports pingpong_by_ipv6 cpu_of_both_ends
stream_of_bytes stream_for_a_time clients_at_one_time message_sockets
server_killed no_server wrong_usage"
echo TAP version 13
echo "1..$(wc -w <<<"$all")"
for t in $all; do
	try "$t"
done
[ $failures -eq 0 ]
