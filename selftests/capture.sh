#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 180
#
# What is on the wire is iWARP: tshark's dissectors read a captured session of
# two paths without a malformed frame and count what the module counted.
# functions run through t_ok; numbers stand unquoted
# shellcheck disable=SC2317,SC2086
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module
command -v tcpdump >/dev/null || t_skip "no tcpdump"
command -v tshark >/dev/null || t_skip "no tshark"

# capture CRC: of one session on both links, in $t_dir/eth1.pcap and eth2.pcap
capture() {
	local i pids=() before
	in_ns a sysctl -qw net.hps.crc=$1
	for i in 1 2; do
		rm -f "$t_dir/eth$i.pcap"
		ip netns exec "$(ns_name a)" tcpdump -Z root -i eth$i -U -w "$t_dir/eth$i.pcap" \
			-B 8192 tcp port 18512 2>"$t_dir/tcpdump$i" &
		pids+=($!)
		t_pids+=($!)
		wait_for 10 grep -q 'listening on' "$t_dir/tcpdump$i" || return
	done
	before=$(($(counter a HpsSegmentSent) + $(counter b HpsSegmentSent)))
	acks=$(($(counter a HpsAckSent) + $(counter b HpsAckSent)))
	ask a 10.1.1.2 5001 -d both -s 1500000 || return
	# the last frames of the session: nothing more comes for a moment
	local last=-1 size=0
	while [ $size != $last ]; do
		last=$size
		sleep 0.3
		size=$(cat "$t_dir"/eth?.pcap | wc -c)
	done
	kill -INT "${pids[@]}"
	wait "${pids[@]}"
	segments=$(($(counter a HpsSegmentSent) + $(counter b HpsSegmentSent) - before))
	acks=$(($(counter a HpsAckSent) + $(counter b HpsAckSent) - acks))
	echo "$segments segments, $acks acks"
	! grep -qE '[1-9][0-9]* packets dropped' "$t_dir"/tcpdump?
}

# dissect FILTER FIELD: each occurrence of the field on a line. What other
# protocols guess the Sends to be is not asked.
dissect() {
	local i
	for i in 1 2; do
		tshark -n -r "$t_dir/eth$i.pcap" -o tcp.try_heuristic_first:TRUE \
			-o tcp.reassemble_out_of_order:TRUE \
			--disable-protocol rpcordma --disable-protocol smb_direct \
			-Y "$1" -T fields -e "$2" -E occurrence=a -E aggregator=, 2>/dev/null
	done | tr ',' '\n' | grep .
}

no_malformed() {
	local found
	found=$(dissect "_ws.malformed" frame.number)
	[ -z "$found" ] || { echo "malformed: $found"; return 1; }
	found=$(dissect "iwarp_mpa.bad_length || iwarp_mpa.res.not_set0 || iwarp_mpa.bad_crc" frame.number)
	[ -z "$found" ] || { echo "MPA complains about: $found"; return 1; }
}

startups() {
	local req rep
	req=$(dissect iwarp_mpa.req frame.number | wc -l)
	rep=$(dissect iwarp_mpa.rep frame.number | wc -l)
	echo "$req requests, $rep replies"
	[ "$req" = 2 ] && [ "$rep" = 2 ]
}

# every frame is an untagged Send on queue 0; tshark misses a few segments where
# packets were captured out of order
sends() {
	local sends others queues
	dissect iwarp_rdma.opcode iwarp_rdma.opcode >"$t_dir/opcodes"
	sends=$(grep -ciE '^(0x)?0*3$' "$t_dir/opcodes")
	others=$(grep -cviE '^(0x)?0*3$' "$t_dir/opcodes")
	queues=$(dissect iwarp_ddp.qn iwarp_ddp.qn | sort -u | tr '\n' ' ')
	echo "$sends Sends, $others others, queues $queues; $segments segments, $acks acks counted"
	[ "$others" = 0 ] || { sort "$t_dir/opcodes" | uniq -c; return 1; }
	[ "$sends" -ge $((segments * 9 / 10)) ] && [ "$sends" -le $((segments + acks + 60)) ]
}

both_links() {
	local i
	for i in 1 2; do
		[ "$(tshark -n -r "$t_dir/eth$i.pcap" -o tcp.try_heuristic_first:TRUE -Y iwarp_rdma 2>/dev/null | wc -l)" -ge 20 ] ||
			{ echo "hardly any frame on eth$i"; return 1; }
	done
}

ns_make a b || t_skip "cannot make namespaces"
links 2 rate 100mbit delay 50us || t_skip "cannot make links"
bundle 2 || t_skip "cannot make bundles"
# each session begins with new channels
for h in a b; do in_ns $h sysctl -qw net.hps.pool_idle=0; done
t_ok "a server" serve b 5001
for crc in 0 1; do
	t_ok "capture a session (crc=$crc)" capture $crc
	t_ok "start-up frames are MPA's (crc=$crc)" startups
	t_ok "no frame is malformed (crc=$crc)" no_malformed
	t_ok "all frames are Sends, as many as were counted (crc=$crc)" sends
	t_ok "both links carry frames (crc=$crc)" both_links
done
t_done
