#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full debug
#
# hpsperf: both tests, their reports and what it refuses.
# Figures depend on the machine: only their sense is checked.
# Functions run through each().
# shellcheck disable=SC2317
here=$(dirname "$0")
# shellcheck source=selftests/tools.sh
. "$here/tools.sh"
own_namespaces hpsperf "$@"
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"

ip link set lo up
cd "$t_dir" || exit 1

tool=(hpsperf --proto "$proto" --timeout 60)
serve_command=server serving=()
main='' victim=''

# json KEY: the numbers under a key of the report in file json, one per line.
json() { sed -n "s/.*\"$1\": *\([-0-9.e+]*\),*\$/\1/p" json; }

# sane EXPRESSION: an awk expression is true.
sane() { awk "BEGIN { exit !($1) }" || { echo "wrong: $1"; cat json; return 1; }; }

pingpong_of_all_sizes() {
	"${tool[@]}" pingpong 127.0.0.1 --time 0.05 --warmup 0.01 | tee text
	# 4 B to 16 MB are 13 rows below two lines of heading.
	[ "${PIPESTATUS[0]}" = 0 ] && [ "$(wc -l <text)" = 15 ] &&
		grep -q '^ *4 ' text && grep -q '^ *16777216 ' text
}

pingpong_reports() {
	local size rounds median min p99 rate

	"${tool[@]}" pingpong 127.0.0.1 --sizes 64k --rounds 50 --warmup 0.01 \
		--json >json || return 1
	size=$(json size) rounds=$(json rounds) median=$(json rtt_median_us)
	min=$(json rtt_min_us) p99=$(json rtt_p99_us) rate=$(json mbit_per_s)
	sane "$size == 65536 && $rounds == 50" &&
		sane "0 < $min && $min <= $median && $median <= $p99" &&
		sane "$rate > 0.99 * 8 * $size / ($median / 2)" &&
		sane "$rate < 1.01 * 8 * $size / ($median / 2)"
}

pingpong_by_ipv6() {
	"${tool[@]}" pingpong ::1 -6 --sizes 4,1M --rounds 5 --warmup 0.01 --json >json &&
		[ "$(json size | wc -l)" = 2 ]
}

cpu_of_both_ends() {
	"${tool[@]}" pingpong 127.0.0.1 --sizes 4 --time 0.2 --cpu --json >json &&
		[ "$(json system_percent | wc -l)" = 2 ] &&
		sane "$(json system_percent | head -1) > 0"
}

stream_of_bytes() {
	"${tool[@]}" stream 127.0.0.1 --bytes 10000001 --write 4k --json >json &&
		sane "$(json bytes) == 10000001 && $(json mbit_per_s) > 0" &&
		grep -q '"steady_mbit_per_s":' json
}

stream_for_a_time() {
	"${tool[@]}" stream 127.0.0.1 --time 1.5 --interval 100 --cpu --json >json &&
		sane "$(json seconds) > 1.4 && $(json steady_mbit_per_s) > 0" &&
		grep -q intervals_mbit_per_s json &&
		"${tool[@]}" stream ::1 --time 0.1 --nodelay
}

clients_at_one_time() {
	local i pids=()

	for i in 1 2 3 4; do
		"${tool[@]}" pingpong 127.0.0.1 --sizes 1k --rounds 100 &
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
	"${tool[@]}" pingpong 127.0.0.1 --seqpacket -p 18520 --rounds 5 \
		--sizes 4,1k,64k,1M --json >json && [ "$(json size | wc -l)" = 4 ] &&
		"${tool[@]}" stream 127.0.0.1 --seqpacket -p 18520 --bytes 1000001 \
			--write 1000 --json >json && sane "$(json bytes) == 1000001"
}

server_killed() {
	serve victim -p 18530 || return 1
	"${tool[@]}" stream 127.0.0.1 -p 18530 --time 600 >client.log 2>&1 &
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

need_proto stream 127.0.0.1

serve main || { echo "Bail out! no server"; exit 1; }

each pingpong_of_all_sizes pingpong_reports pingpong_by_ipv6 cpu_of_both_ends \
	stream_of_bytes stream_for_a_time clients_at_one_time message_sockets \
	server_killed no_server wrong_usage
