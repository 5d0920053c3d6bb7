#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 400
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
# shellcheck source=selftests/pcap.sh
. "$here/pcap.sh"

need_module
command -v tcpdump >/dev/null || t_skip "no tcpdump"
command -v tshark >/dev/null || t_skip "no tshark"

# session CRC: one on both links
session() {
	local i before
	in_ns a sysctl -qw net.hps.crc=$1
	for i in 1 2; do
		pcap_begin a eth$i tcp port 18512 || return
	done
	before=$(($(counter a HpsSegmentSent) + $(counter b HpsSegmentSent)))
	acks=$(($(counter a HpsAckSent) + $(counter b HpsAckSent)))
	ask a 10.1.1.2 5001 -d both -s 3000000 || return
	pcap_end || return
	segments=$(($(counter a HpsSegmentSent) + $(counter b HpsSegmentSent) - before))
	acks=$(($(counter a HpsAckSent) + $(counter b HpsAckSent) - acks))
	echo "$segments segments, $acks acks"
}

# complaints: what is wrong by tshark's word or the RFC's
complaints() {
	grep -hE 'Malformed|Bad CRC|Reserved: 0x0*[1-9a-f]|Marker flag: True|rejected flag: True|Revision: [^1]' \
		"$t_dir"/eth?.text
}

no_malformed() {
	! complaints || return
	[ $crc = 0 ] || [ "$(pcap_frames 'Good CRC32')" -ge $segments ] ||
		{ echo "only $(pcap_frames 'Good CRC32') of $segments were checked"; return 1; }
}

# The check above can fail: reserved bits in a reply are set.
spoilt_is_seen() {
	pcap_spoil eth1 || return
	complaints || { echo "nothing was said against it"; return 1; }
}

startups() {
	local req rep
	req=$(pcap_frames 'Request frame header')
	rep=$(pcap_frames 'Reply frame header')
	echo "$req requests, $rep replies"
	[ "$req" = 2 ] && [ "$rep" = 2 ]
}

# every frame is an untagged Send on queue 0
sends() {
	local sends others queues
	sends=$(pcap_frames 'OpCode: Send \(0x3\)')
	others=$(($(pcap_frames 'OpCode:') - sends + $(pcap_frames 'Tagged flag: True')))
	queues=$(cat "$t_dir"/eth?.text | sed -n 's/^ *Queue number: //p' | sort -u | tr '\n' ' ')
	echo "$sends Sends, $others others, queues $queues; $segments segments, $acks acks counted"
	[ "$others" = 0 ] && [ "$queues" = "0 " ] || return
	[ "$sends" -ge $segments ] && [ "$sends" -le $((segments + acks + 60)) ]
}

both_links() {
	local i
	for i in 1 2; do
		[ "$(pcap_frames '^    FPDU' eth$i)" -ge 20 ] || { echo "hardly any frame on eth$i"; return 1; }
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
	t_ok "capture a session and read it (crc=$crc)" pcap_session "a b" $crc
	t_ok "start-up frames are MPA's (crc=$crc)" startups
	t_ok "no frame is malformed (crc=$crc)" no_malformed
	t_ok "all frames are Sends, as many as were counted (crc=$crc)" sends
	t_ok "both links carry frames (crc=$crc)" both_links
done
t_ok "a spoilt frame would be seen" spoilt_is_seen
t_done
