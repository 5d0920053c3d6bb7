#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 240
#
# hpsperf: all its tests, their reports and what it refuses.
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
	"${tool[@]}" pingpong 127.0.0.1 --sizes 4 --time 1 --cpu --json >json &&
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
		{ [ "$proto" != hps ] || copies_are 1; } &&
		"${tool[@]}" stream ::1 --time 0.1 --nodelay
}

stream_tells_its_gap() {
	"${tool[@]}" stream 127.0.0.1 --time 1.3 --json >json &&
		sane "$(json longest_gap_ms) >= 0 && $(json longest_gap_ms) < 1300" &&
		# the server's clock is this machine's
		sane "$(json server_start_s) > 0 && $(json server_start_s) <= $(cut -d' ' -f1 /proc/uptime) + 1"
}

# a round every 50 ms: 20 of them take a second, and all are in the report
pingpong_paced() {
	local begin=$EPOCHREALTIME

	"${tool[@]}" pingpong 127.0.0.1 --sizes 1k --rounds 20 --every 50 --warmup 0.01 \
		--samples --json >json || return 1
	sane "${EPOCHREALTIME/,/.} - ${begin/,/.} > 0.94" &&
		sane "$(json rounds) == 20 && $(json rtt_max_us) >= $(json rtt_p99_us)" &&
		[ "$(jq '.results[0].rtt_us | length' json)" = 20 ] &&
		jq -e '.results[0] | (.rtt_us | max) == .rtt_max_us' json
}

# what comes back is filled in, and none of it is read
pingpong_posted() {
	local octets
	octets=$(sed -n 's/^HpsPostedOctets *//p' /proc/net/hps_stat)
	"${tool[@]}" pingpong 127.0.0.1 --sizes 4,64k,1M --rounds 10 --warmup 0.01 --posted \
		--json >json || return 1
	sane "$(jq '[.results[].rounds] | add' json) == 30" &&
		sane "$(sed -n 's/^HpsPostedOctets *//p' /proc/net/hps_stat) - $octets >= 10 * 1114116"
}

# total KEY: the sum over the streams of a report
total() { jq "[.results[].$1] | add" json; }

multistream() {
	"${tool[@]}" multistream 127.0.0.1 --streams 5 --time 1.3 --write 16k --cpu --json >json ||
		return 1
	[ "$(jq '.results | length' json)" = 5 ] && sane "$(jq .streams json) == 5" &&
		sane "$(jq .steady_mbit_per_s json) > 0" &&
		sane "$(jq .mbit_per_s json) > 0.99 * $(total mbit_per_s)" &&
		sane "$(jq .mbit_per_s json) < 1.01 * $(total mbit_per_s)" &&
		sane "$(jq .fairness json) > 0.2 && $(jq .fairness json) <= 1" &&
		sane "$(jq .cpu.server.system_percent json) > 0"
}

# every host has its stream; what arrives is what was sent
fan_out_and_in() {
	local how

	for how in fanout fanin; do
		"${tool[@]}" $how 127.0.0.1 127.0.0.2 ::1 --time 0.3 --json >json || return 1
		[ "$(jq -r '[.results[].host] | join(" ")' json)" = "127.0.0.1 127.0.0.2 ::1" ] &&
			jq -e 'all(.results[]; .bytes > 0 and .seconds > 0.2)' json || return 1
	done
	# blocks are whole
	jq -e 'all(.results[]; .bytes % 65536 == 0)' json &&
		"${tool[@]}" fanin 127.0.0.1 --streams 2 --time 0.2 --write 1000 --json >json &&
		[ "$(jq '.results | length' json)" = 2 ] &&
		jq -e 'all(.results[]; .bytes % 1000 == 0)' json
}

hotspot() {
	"${tool[@]}" hotspot 127.0.0.1 --clients 6 --sizes 4,16k --time 0.3 --warmup 0.05 \
		--cpu --json >json || return 1
	[ "$(jq '.results | length' json)" = 2 ] && sane "$(jq .clients json) == 6" &&
		jq -e 'all(.results[]; .rounds >= 6 and .round_trips_per_s > 0 and
			.rtt_min_us <= .rtt_median_us and .rtt_median_us <= .rtt_p99_us)' json &&
		"${tool[@]}" hotspot 127.0.0.1 --clients 3 --sizes 4 --rounds 7 --warmup 0.01 \
			--json >json && [ "$(json rounds)" = 21 ]
}

# one host of two has no server: that is said at once, and nobody is left behind
fan_to_nobody() {
	serve one --bind 127.0.0.1 -p 18541 || return 1
	refused "cannot connect to ::1" fanout 127.0.0.1 ::1 --time 600 -p 18541 &&
		refused "cannot connect to ::1" fanin ::1 127.0.0.1 --time 600 -p 18541 &&
		[ -z "$(pgrep -P $$ -f 'fan(in|out)')" ]
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
			--write 1000 --json >json && sane "$(json bytes) == 1000001" &&
		"${tool[@]}" fanin 127.0.0.1 --seqpacket -p 18520 --write 3000 --time 0.2 \
			--json >json && jq -e '.results[0].bytes % 3000 == 0' json
}

server_killed() {
	serve victim -p 18530 || return 1
	"${tool[@]}" stream 127.0.0.1 -p 18530 --time 600 >client.log 2>&1 &
	local client=$!

	busy() { pgrep -P "$victim" >/dev/null; }
	wait_for 60 busy || return 1
	kill -KILL "$victim"
	wait $client && { echo "the client saw no error"; return 1; }
	cat client.log
	grep -q "failed\|ended" client.log
}

# --- one-sided operations -----------------------------------------------------------

counter() { sed -n "s/^$1 *//p" /proc/net/hps_stat; }

# counted NAME BEFORE LEAST
counted() {
	[ $(($(counter "$1") - $2)) -ge "$3" ] || { echo "$1 was $2, is $(counter "$1")"; return 1; }
}

# plausible DEPTH OPERATIONS ROWS: what a report in json has
plausible() {
	jq -e --argjson depth "$1" --argjson operations "$2" --argjson rows "$3" '
		.proto == "hps" and .depth == $depth and (.results | length) == $rows and
		all(.results[]; .operations == $operations and 0 < .rtt_min_us and
			.rtt_min_us <= .rtt_median_us and .rtt_median_us <= .rtt_p99_us and
			.rtt_p99_us <= .rtt_max_us and
			.operations_per_s < 1.01e6 * $depth / .rtt_min_us and
			.operations_per_s > 0.99e6 / .rtt_max_us and
			(.mbit_per_s / (.size * 8e-6 * .operations_per_s) - 1 | fabs) < 0.01)' json ||
		{ cat json; return 1; }
}

# copies_are N: of each octet, as both ends say
copies_are() {
	[ "$(json copies_per_byte | wc -l)" = 2 ] &&
		sane "$(jq .cpu.client.copies_per_byte json) > $1 - 0.05" &&
		sane "$(jq .cpu.client.copies_per_byte json) < $1 + 0.05" &&
		sane "$(jq .cpu.server.copies_per_byte json) < $1 + 0.05"
}

# Both ends share the namespace: 1 is a copy for each octet at each end. A READ is copied
# from memory and to it; what a WRITE lends is copied to memory only.
write_and_read() {
	local how placed served

	for how in write read; do
		placed=$(counter HpsPlacedOctets) served=$(counter HpsRequestServed)
		"${tool[@]}" "$how" 127.0.0.1 --sizes 8,64k,1M --rounds 20 --warmup 0.01 --cpu \
			--json >json && plausible 1 20 3 || return 1
		[ "$(jq -r .test json)" = "$how" ] && [ "$(json size | tr '\n' ' ')" = "8 65536 1048576 " ] &&
			[ "$(json system_percent | wc -l)" = 2 ] &&
			copies_are "$([ "$how" = write ] && echo 0.5 || echo 1)" &&
			counted HpsPlacedOctets "$placed" $((20 * (8 + 65536 + 1048576))) || return 1
		[ "$how" = write ] || counted HpsRequestServed "$served" 60 || return 1
	done
}

atomic() {
	local served

	served=$(counter HpsRequestServed)
	"${tool[@]}" atomic 127.0.0.1 --rounds 50 --warmup 0.01 --json >json &&
		plausible 1 50 1 && sane "$(json size) == 8" &&
		"${tool[@]}" atomic ::1 --depth 16 --rounds 200 --warmup 0.01 --json >json &&
		plausible 16 200 1 && counted HpsRequestServed "$served" 250
}

# several at once; the text has a row for each size
with_depth() {
	"${tool[@]}" write 127.0.0.1 --depth 1024 --rounds 3000 --sizes 100 --warmup 0.01 \
		--json >json && plausible 1024 3000 1 &&
		"${tool[@]}" read 127.0.0.1 --depth 16 --rounds 40 --sizes 1,100k --warmup 0.01 \
			--json >json && plausible 16 40 2 &&
		"${tool[@]}" write 127.0.0.1 --depth 4 --rounds 4 --warmup 0.001 | tee text &&
		[ "$(wc -l <text)" = 16 ] && grep -q 'up to 4 under way' text &&
		grep -q '^ *16777216 ' text
}

on_message_sockets() {
	serve records --seqpacket -p 18521 || return 1
	"${tool[@]}" write 127.0.0.1 --seqpacket -p 18521 --rounds 5 --sizes 4,1M \
		--warmup 0.01 --json >json && plausible 1 5 2 &&
		"${tool[@]}" read 127.0.0.1 --seqpacket -p 18521 --rounds 5 --sizes 4,1M \
			--warmup 0.01 --json >json && plausible 1 5 2
}

# its process hears nothing for much longer than it would wait
server_is_patient() {
	serve patient --timeout 1 -p 18522 || return 1
	"${tool[@]}" write 127.0.0.1 -p 18522 --sizes 8 --time 3 --json >json &&
		sane "$(json operations) > 0"
}

nothing_stays_pinned() {
	nothing_pinned() { [ "$(counter HpsPinnedOctets)" = 0 ]; }
	wait_for 20 nothing_pinned || { counter HpsPinnedOctets; return 1; }
}

lender_killed() {
	serve victim -p 18531 || return 1
	"${tool[@]}" read 127.0.0.1 -p 18531 --sizes 64k --depth 4 --time 600 >client.log 2>&1 &
	local client=$! served

	served=$(counter HpsRequestServed)
	reading() { counted HpsRequestServed "$served" 100; }
	wait_for 60 reading || return 1
	kill -KILL "$victim"
	wait $client && { echo "the client saw no error"; return 1; }
	cat client.log
	grep -q "failed\|ended" client.log
}

# an hpsperf that knows no one-sided operations answers so
server_too_old() {
	python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 258)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 18532))
s.listen(1)
print("listening", flush=True)
c = s.accept()[0]
c.recv(40, socket.MSG_WAITALL)
c.send(struct.pack(">HHI", 3, 1, 0))
c.recv(1)' >old.log &
	wait_for 60 grep -q "^listening" old.log &&
		refused "too old for one-sided" write 127.0.0.1 -p 18532 --sizes 8
}

# what nobody may register without privileges
too_much_memory() {
	local able=("${tool[@]}")
	local tool=(prlimit --memlock=65536 setpriv --reuid 65534 --clear-groups
		--bounding-set -all --inh-caps -all "${able[@]}")

	refused "RLIMIT_MEMLOCK (ulimit" write 127.0.0.1 --sizes 8,1M &&
		serve poor -p 18534 || return 1
	tool=("${able[@]}")
	refused "the server cannot register 1048576 bytes" write 127.0.0.1 -p 18534 --sizes 8,1M &&
		grep -q RLIMIT_MEMLOCK poor.log &&
		"${tool[@]}" write 127.0.0.1 -p 18534 --sizes 8,4k --rounds 3
}

depths_refused() {
	refused "read has up to 16" read 127.0.0.1 --depth 17 &&
		refused "atomic has up to 16" atomic 127.0.0.1 --depth 17 &&
		refused "from 1 to 1024" write 127.0.0.1 --depth 1025 &&
		refused "does not take these options" atomic 127.0.0.1 --sizes 8 &&
		refused "does not take these options" pingpong 127.0.0.1 --depth 2 &&
		refused "does not take these arguments" read
}

only_of_hps() {
	refused "only hps has" write 127.0.0.1 &&
		refused "only hps has" pingpong 127.0.0.1 --posted
}

# --- refusals -----------------------------------------------------------------------

no_server() { refused "Connection refused" pingpong 127.0.0.1 -p 18599; }

wrong_usage() {
	refused "does not take these options" server --json &&
		refused "does not take these arguments" pingpong &&
		refused "does not take these arguments" fanin &&
		refused "does not take these options" stream --streams 2 127.0.0.1 &&
		refused "does not take these options" hotspot --every 10 127.0.0.1 &&
		refused "not from 1 to\|from 1 to" multistream --streams 0 127.0.0.1 &&
		refused "not a size" pingpong --sizes 4,x 127.0.0.1 &&
		refused "is not from 1 to" pingpong --sizes 65M 127.0.0.1 &&
		refused "not a command" frob && refused "not a protocol" --proto udp server
}

need_proto stream 127.0.0.1

serve main || { echo "Bail out! no server"; exit 1; }

one_sided=(only_of_hps)
[ "$proto" != hps ] ||
	one_sided=(pingpong_posted write_and_read atomic with_depth on_message_sockets server_is_patient
		lender_killed nothing_stays_pinned server_too_old too_much_memory depths_refused)

each pingpong_of_all_sizes pingpong_reports pingpong_by_ipv6 cpu_of_both_ends \
	stream_of_bytes stream_for_a_time stream_tells_its_gap pingpong_paced \
	multistream fan_out_and_in hotspot fan_to_nobody clients_at_one_time \
	message_sockets "${one_sided[@]}" server_killed no_server wrong_usage
