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

# disorder: packets that TCP sent again or got too early, in both hosts
disorder() {
	local h
	for h in a b; do
		in_ns $h nstat -asz TcpRetransSegs TcpExtTCPOFOQueue
	done | awk '/^Tcp/ { n += $2 } END { print n }'
}

# capture CRC: one session on both links, in $t_dir/eth1.pcap and eth2.pcap, and
# what tshark says of it. It does not find the next frame after a hole or a packet
# sent again, nor behind one whose first four octets end a packet: such a session
# is no test of what HPS sends.
capture() {
	local try before
	for try in 1 2 3 4 5; do
		before=$(disorder)
		session $1 && decode || return
		if [ $(($(disorder) - before)) != 0 ]; then
			echo "try $try: packets out of order"
		elif grep -q '^Data (4 bytes)' "$t_dir"/eth?.text; then
			echo "try $try: a frame's first four octets end a packet"
		else
			return 0
		fi
	done
	return 1
}

session() {
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
	ask a 10.1.1.2 5001 -d both -s 3000000 || return
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

# What tshark says of both links, in $t_dir/eth1.text and eth2.text: once, for
# it takes seconds to start. What other protocols guess the Sends to be is not
# asked.
decode() {
	local i pids=()
	for i in 1 2; do
		tshark -n -r "$t_dir/eth$i.pcap" -o tcp.try_heuristic_first:TRUE \
			-o tcp.reassemble_out_of_order:TRUE \
			--disable-protocol rpcordma --disable-protocol smb_direct \
			-O iwarp_mpa,iwarp_ddp_rdmap >"$t_dir/eth$i.text" 2>"$t_dir/tshark$i" &
		pids+=($!)
	done
	for i in 1 2; do
		wait "${pids[i - 1]}" && grep -q '^Frame' "$t_dir/eth$i.text" ||
			{ cat "$t_dir/tshark$i"; return 1; }
	done
}

# frames WORDS [LINK]: how many lines say so
frames() { cat "$t_dir"/eth${2:-?}.text | grep -cE "$1"; }

# complaints: what is wrong by tshark's word or the RFC's
complaints() {
	grep -hE 'Malformed|Bad CRC|Reserved: 0x0*[1-9a-f]|Marker flag: True|rejected flag: True|Revision: [^1]' \
		"$t_dir"/eth?.text
}

no_malformed() {
	! complaints || return
	[ $crc = 0 ] || [ "$(frames 'Good CRC32')" -ge $segments ] ||
		{ echo "only $(frames 'Good CRC32') of $segments were checked"; return 1; }
}

# The check above can fail: reserved bits in a reply are set.
spoilt_is_seen() {
	local pcap=$t_dir/eth1.pcap at
	at=$(grep -abom 1 'MPA ID Rep Frame' "$pcap" | head -n 1 | cut -d: -f1)
	printf '\177' | dd of="$pcap" bs=1 seek=$((at + 16)) conv=notrunc status=none
	decode || return
	complaints || { echo "nothing was said against it"; return 1; }
}

startups() {
	local req rep
	req=$(frames 'Request frame header')
	rep=$(frames 'Reply frame header')
	echo "$req requests, $rep replies"
	[ "$req" = 2 ] && [ "$rep" = 2 ]
}

# every frame is an untagged Send on queue 0
sends() {
	local sends others queues
	sends=$(frames 'OpCode: Send \(0x3\)')
	others=$(($(frames 'OpCode:') - sends + $(frames 'Tagged flag: True')))
	queues=$(cat "$t_dir"/eth?.text | sed -n 's/^ *Queue number: //p' | sort -u | tr '\n' ' ')
	echo "$sends Sends, $others others, queues $queues; $segments segments, $acks acks counted"
	[ "$others" = 0 ] && [ "$queues" = "0 " ] || return
	[ "$sends" -ge $segments ] && [ "$sends" -le $((segments + acks + 60)) ]
}

both_links() {
	local i
	for i in 1 2; do
		[ "$(frames '^    FPDU' $i)" -ge 20 ] || { echo "hardly any frame on eth$i"; return 1; }
	done
}

# Nothing is lost here: TCP shall not think so when this machine is slow, and one
# processor takes the packets from the wire, for two would not keep their order.
in_order() {
	local h i
	for h in a b; do
		in_ns $h sysctl -qw net.ipv4.tcp_early_retrans=0 net.ipv4.tcp_recovery=0 || return
		for i in 1 2; do
			in_ns $h sh -c "echo 1 >/sys/class/net/eth$i/queues/rx-0/rps_cpus" &&
				ipn $h route change "10.1.$i.0/24" dev eth$i rto_min 30s || return
		done
	done
}

ns_make a b || t_skip "cannot make namespaces"
# slow enough to be the bottleneck, so that both are needed
links 2 rate 20mbit delay 50us || t_skip "cannot make links"
bundle 2 || t_skip "cannot make bundles"
t_ok "packets stay in order" in_order
# each session begins with new channels
for h in a b; do in_ns $h sysctl -qw net.hps.pool_idle=0; done
t_ok "a server" serve b 5001
for crc in 0 1; do
	t_ok "capture a session and read it (crc=$crc)" capture $crc
	t_ok "start-up frames are MPA's (crc=$crc)" startups
	t_ok "no frame is malformed (crc=$crc)" no_malformed
	t_ok "all frames are Sends, as many as were counted (crc=$crc)" sends
	t_ok "both links carry frames (crc=$crc)" both_links
done
t_ok "a spoilt frame would be seen" spoilt_is_seen
t_done
